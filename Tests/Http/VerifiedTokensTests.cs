using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;
using Realtime.Gateway;
using Realtime.Gateway.Auth;

namespace Realtime.Tests.Http;

public sealed class VerifiedTokensTests
{
    private readonly FakeTimeProvider _time = new(DateTimeOffset.UnixEpoch.AddYears(60));
    private readonly SessionTokens _issuer;

    public VerifiedTokensTests() => _issuer = Issuer(1);

    [Fact]
    public async Task Token_IsItsOwn_EachTimeItIsRead()
    {
        using var tokens = new VerifiedTokens(_issuer, _time);
        var (ann, bob) = (Issue("ann"), Issue("bob"));

        foreach (var _ in Enumerable.Range(0, 2))
        {
            Assert.Equal("ann", (await tokens.ReadAsync(ann))?.UserId);
            Assert.Equal("bob", (await tokens.ReadAsync(bob))?.UserId);
        }
    }

    [Fact]
    public async Task Token_IsRefused_WhenItIsChanged_ThoughTheTrueOneIsKnown()
    {
        using var tokens = new VerifiedTokens(_issuer, _time);
        var token = Issue("ann");
        Assert.NotNull(await tokens.ReadAsync(token));
        var changed = token[..^2] + (token[^2] == 'A' ? 'B' : 'A') + token[^1];

        Assert.Null(await tokens.ReadAsync(changed));
        Assert.Null(await tokens.ReadAsync(changed));
        Assert.Null(await tokens.ReadAsync(Issuer(2).Issue(new CallerIdentity("db", "account", "ann", 0, 1))));
    }

    [Fact]
    public async Task KnownToken_Expires()
    {
        using var tokens = new VerifiedTokens(_issuer, _time);
        var token = Issue("ann");
        var fresh = await tokens.ReadAsync(token);
        Assert.False(fresh!.IsExpired);
        _time.Advance(fresh.ExpiresAt - _time.GetUtcNow() - TimeSpan.FromSeconds(1));
        Assert.False((await tokens.ReadAsync(token))!.IsExpired);

        _time.Advance(TimeSpan.FromSeconds(2));

        Assert.True((await tokens.ReadAsync(token))!.IsExpired);
    }

    private string Issue(string user) => _issuer.Issue(new CallerIdentity("db", "account", user, 0, 1));

    private SessionTokens Issuer(byte secret)
    {
        var key = new SigningKeyOptions { Id = "test", Secret = Convert.ToBase64String([.. Enumerable.Repeat(secret, 32)]) };
        return new SessionTokens(Options.Create(new RealtimeOptions { SigningKeys = { key } }), _time);
    }
}
