namespace Realtime.Users;

/// <summary>Brings an e-mail address into the form that is compared.</summary>
public static class EmailAddress
{
    /// <summary>Longest accepted address, in UTF-16 units.</summary>
    public const int MaxLength = 254;

    /// <summary>Lower-cases and checks an address.</summary>
    /// <param name="text">As received.</param>
    /// <param name="email">The normal form.</param>
    /// <returns>False if it isn't one local part, one <c>@</c> and a domain, without spaces or control characters.</returns>
    public static bool TryNormalize(string? text, out string email)
    {
        email = text?.Trim().ToLowerInvariant() ?? "";
        var at = email.IndexOf('@', StringComparison.Ordinal);
        return email.Length <= MaxLength
            && at > 0
            && at == email.LastIndexOf('@')
            && at < email.Length - 1
            && !email.Any(static c => char.IsWhiteSpace(c) || char.IsControl(c) || char.IsSurrogate(c));
    }
}
