using System.Security.Claims;
using Microsoft.Extensions.Options;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace Realtime.Gateway.Auth;

/// <summary>
/// Issues and reads session tokens: JWTs that name their database and user (protocol 3.1). Role and account are looked
/// up, never taken from the token.
/// </summary>
internal sealed class SessionTokens
{
    private const string Issuer = "realtime";
    private const string DatabaseClaim = "db";

    // Far above the size of a token that this class has issued.
    private const int MaxLength = 2048;

    private readonly JsonWebTokenHandler _handler = new() { SetDefaultTimesOnTokenCreation = false, MaximumTokenSizeInBytes = MaxLength };
    private readonly SigningCredentials _signing;
    private readonly TokenValidationParameters _validation;
    private readonly TimeSpan _lifetime;
    private readonly TimeProvider _time;

    public SessionTokens(IOptions<RealtimeOptions> options, TimeProvider time)
    {
        _time = time;
        _lifetime = options.Value.SessionTokenLifetime;
        var keys = options.Value.SigningKeys
            .Select(static key => new SymmetricSecurityKey(Convert.FromBase64String(key.Secret)) { KeyId = key.Id })
            .ToArray();
        _signing = new SigningCredentials(keys[0], SecurityAlgorithms.HmacSha256);
        _validation = new TokenValidationParameters
        {
            ValidIssuer = Issuer,
            ValidateAudience = false,
            IssuerSigningKeys = keys,
            ValidAlgorithms = [SecurityAlgorithms.HmacSha256],
            // An expired but authentic token still proves who owns a connection (protocol 1.5).
            ValidateLifetime = false,
            RequireExpirationTime = true,
        };
    }

    /// <summary>Issues a token for a user.</summary>
    public string Issue(CallerIdentity identity)
    {
        var now = _time.GetUtcNow();
        return _handler.CreateToken(new SecurityTokenDescriptor
        {
            Issuer = Issuer,
            IssuedAt = now.UtcDateTime,
            Expires = (now + _lifetime).UtcDateTime,
            Subject = new ClaimsIdentity(
            [
                new Claim(JwtRegisteredClaimNames.Sub, identity.UserId),
                new Claim(DatabaseClaim, identity.Database),
                new Claim(JwtRegisteredClaimNames.Jti, Identifiers.NewId()),
            ]),
            SigningCredentials = _signing,
        });
    }

    /// <summary>Reads a token; null if it isn't authentic.</summary>
    public async ValueTask<SessionToken?> ReadAsync(string text)
    {
        if (text.Length is 0 or > MaxLength)
        {
            return null;
        }

        var result = await _handler.ValidateTokenAsync(text, _validation);
        if (!result.IsValid
            || result.SecurityToken is not JsonWebToken token
            || !token.TryGetPayloadValue<string>(DatabaseClaim, out var database)
            || token.Subject is not { Length: > 0 } user)
        {
            return null;
        }

        var expiresAt = new DateTimeOffset(token.ValidTo, TimeSpan.Zero);
        return new SessionToken(database, user, expiresAt, expiresAt <= _time.GetUtcNow());
    }
}

/// <summary>An authentic session token.</summary>
/// <param name="Database">Public key of its database.</param>
/// <param name="UserId">Its user.</param>
/// <param name="ExpiresAt">End of its life.</param>
/// <param name="IsExpired">Whether its life is over.</param>
internal sealed record SessionToken(string Database, string UserId, DateTimeOffset ExpiresAt, bool IsExpired);
