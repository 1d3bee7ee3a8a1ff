using CsCheck;
using Realtime.Documents;

namespace Realtime.Tests.Documents;

/// <summary>The rules of protocol 2.1 and 2.3, against a second formulation of them.</summary>
public sealed class RepositoryPermissionsTests
{
    private static readonly string[] Suffixes = [.. Enumerable.Range(0, 1000).Select(digits => $"_{digits:D3}_"), ""];
    private static readonly string[] Names = [.. Suffixes.SelectMany(suffix => new[] { "x" + suffix, "pub_x" + suffix })];

    private static readonly Gen<CallerIdentity> Users = Gen.Select(
        Gen.Int[1, 3],
        Gen.Int[1, 3],
        Gen.OneOf(Gen.Const(0), Gen.Const(50), Gen.Const(99), Gen.Const(100)),
        (account, user, role) => new CallerIdentity("db", $"a{account}", $"u{account}-{user}", role, 0));

    public static TheoryData<string, AccessLevel, AccessLevel> Examples() => new()
    {
        { "x", AccessLevel.Account, AccessLevel.Owner },
        { "x_740_", AccessLevel.Account, AccessLevel.Owner },
        { "x_760_", AccessLevel.Account, AccessLevel.Account },
        { "x_700_", AccessLevel.Owner, AccessLevel.Owner },
        { "x_774_", AccessLevel.Everyone, AccessLevel.Account },
        { "x_766_", AccessLevel.Everyone, AccessLevel.Everyone },
        { "x_704_", AccessLevel.Everyone, AccessLevel.Owner },
        { "x_798_", AccessLevel.Owner, AccessLevel.Owner },
        { "x_760_y", AccessLevel.Account, AccessLevel.Owner },
        { "tasks_760", AccessLevel.Account, AccessLevel.Owner },
        { "pub_x", AccessLevel.Everyone, AccessLevel.Owner },
        { "pub_x_766_", AccessLevel.Everyone, AccessLevel.Everyone },
        { "xpub_x", AccessLevel.Account, AccessLevel.Owner },
    };

    [Theory]
    [MemberData(nameof(Examples))]
    public void Parse_FollowsTheProtocol(string name, AccessLevel read, AccessLevel write)
    {
        var permissions = RepositoryPermissions.Parse(name);

        Assert.Equal((read, write), (permissions.Read, permissions.Write));
    }

    [Fact]
    public void Scopes_ContainExactlyWhatIsAllowed_ForEveryName() =>
        Gen.Select(Users, Users).Sample(
            (caller, author) => Names.All(name =>
            {
                var permissions = RepositoryPermissions.Parse(name);
                var canRead = permissions.ReadScope(caller)!.Value.Contains(author.AccountId, author.UserId);
                var canWrite = permissions.WriteScope(caller).Contains(author.AccountId, author.UserId);
                return canRead == Oracle.May('r', name, caller, author) && canWrite == Oracle.May('w', name, caller, author);
            }),
            iter: 50);

    [Fact]
    public void Audience_IsExactlyThoseWhoMayRead_ForEveryName() =>
        Gen.Select(Users, Users).Sample(
            (member, author) => Names.All(name =>
            {
                var permissions = RepositoryPermissions.Parse(name);
                var audience = permissions.AudienceOf(member);
                var hears = audience == Audience.Root || audience == permissions.AudienceOf(author.AccountId, author.UserId);
                return hears == Oracle.May('r', name, member, author);
            }),
            iter: 50);

    [Fact]
    public void Anonymous_ReadsOnlyPublicNames()
    {
        var readable = Names.Where(name => RepositoryPermissions.Parse(name).ReadScope(null) == DocumentScope.All);

        Assert.Equal(Names.Where(name => name.StartsWith("pub_", StringComparison.Ordinal)), readable);
    }

    /// <summary>Written from the text of the protocol, by letters instead of bits.</summary>
    private static class Oracle
    {
        private static readonly string[] Meaning = ["---", "--x", "-w-", "-wx", "r--", "r-x", "rw-", "rwx", "---", "--x"];

        public static bool May(char right, string name, CallerIdentity caller, CallerIdentity author)
        {
            var digits = name.EndsWith('_') ? name[^4..^1] : "740";
            var account = Meaning[digits[1] - '0'];
            var everyone = Meaning[digits[2] - '0'];
            return caller.Role == 100
                || caller.UserId == author.UserId
                || (right == 'r' && name.StartsWith("pub_", StringComparison.Ordinal))
                || everyone.Contains(right, StringComparison.Ordinal)
                || (account.Contains(right, StringComparison.Ordinal) && caller.AccountId == author.AccountId);
        }
    }
}
