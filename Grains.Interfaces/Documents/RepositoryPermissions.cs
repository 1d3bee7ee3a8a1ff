namespace Realtime.Documents;

/// <summary>How far a right reaches.</summary>
public enum AccessLevel
{
    /// <summary>The user who created the document.</summary>
    Owner = 0,

    /// <summary>All users of the document's account.</summary>
    Account = 1,

    /// <summary>Every authenticated user of the database.</summary>
    Everyone = 2,
}

/// <summary>
/// The unix-like rights that a repository's name fixes for all its documents (protocol 2.1).
/// </summary>
/// <param name="Read">Who may read a document.</param>
/// <param name="Write">Who may change or delete a document.</param>
/// <param name="IsPublic">Name begins with <c>pub_</c>: readable without authentication.</param>
public readonly record struct RepositoryPermissions(AccessLevel Read, AccessLevel Write, bool IsPublic)
{
    private const int ReadBit = 4;
    private const int WriteBit = 2;

    /// <summary>Reads the rights from a name: the digits of a final <c>_ddd_</c>, else 740.</summary>
    /// <param name="repository">Full name of the repository.</param>
    public static RepositoryPermissions Parse(string repository)
    {
        ArgumentNullException.ThrowIfNull(repository);
        var (account, everyone) = HasSuffix(repository)
            ? (repository[^3] - '0', repository[^2] - '0')
            : (4, 0);
        var isPublic = repository.StartsWith("pub_", StringComparison.Ordinal);
        var write = Level(account, everyone, WriteBit);
        return new RepositoryPermissions(isPublic ? AccessLevel.Everyone : Level(account, everyone, ReadBit), write, isPublic);
    }

    /// <summary>The documents that a caller may read.</summary>
    /// <param name="caller">The caller; null without authentication.</param>
    /// <returns>The scope, or null if the caller may read nothing.</returns>
    public DocumentScope? ReadScope(CallerIdentity? caller) =>
        caller is null ? (IsPublic ? DocumentScope.All : null) : ScopeOf(Read, caller);

    /// <summary>The documents that a caller may change.</summary>
    /// <param name="caller">The caller.</param>
    public DocumentScope WriteScope(CallerIdentity caller) => ScopeOf(Write, caller);

    /// <summary>The audience whose members may read a document, and thus get its events (protocol 2.3).</summary>
    /// <param name="accountId">Account of the document.</param>
    /// <param name="ownerId">Owner of the document.</param>
    public Audience AudienceOf(string accountId, string ownerId) => Read switch
    {
        AccessLevel.Everyone => Audience.Everyone,
        AccessLevel.Account => Audience.OfAccount(accountId),
        _ => Audience.OfOwner(ownerId),
    };

    /// <summary>The one audience that a member of the repository's channel belongs to.</summary>
    /// <param name="member">Identity of the member.</param>
    public Audience AudienceOf(CallerIdentity member)
    {
        ArgumentNullException.ThrowIfNull(member);
        return Read != AccessLevel.Everyone && member.IsRoot ? Audience.Root : AudienceOf(member.AccountId, member.UserId);
    }

    private static DocumentScope ScopeOf(AccessLevel level, CallerIdentity caller)
    {
        ArgumentNullException.ThrowIfNull(caller);
        return caller.IsRoot || level == AccessLevel.Everyone ? DocumentScope.All
            : level == AccessLevel.Account ? DocumentScope.OfAccount(caller.AccountId)
            : DocumentScope.OfOwner(caller.UserId);
    }

    private static AccessLevel Level(int account, int everyone, int bit) =>
        (everyone & bit) != 0 ? AccessLevel.Everyone
        : (account & bit) != 0 ? AccessLevel.Account
        : AccessLevel.Owner;

    private static bool HasSuffix(string name) =>
        name.Length >= 5
        && name[^1] == '_'
        && name[^5] == '_'
        && char.IsAsciiDigit(name[^4])
        && char.IsAsciiDigit(name[^3])
        && char.IsAsciiDigit(name[^2]);
}
