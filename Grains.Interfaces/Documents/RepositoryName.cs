namespace Realtime.Documents;

/// <summary>Rules of repository names (protocol 2.1). A repository's identity is its full name, suffix included.</summary>
public static class RepositoryName
{
    /// <summary>Longest accepted name, in characters.</summary>
    public const int MaxLength = 128;

    /// <summary>Prefix of names that are kept for the backend itself.</summary>
    public const string ReservedPrefix = "sb_";

    /// <summary>Checks a name that came from a client.</summary>
    /// <param name="name">The name, exactly as in the URL.</param>
    /// <returns>Null if it may be used; else 400 or, for reserved names, 403.</returns>
    public static RealtimeError? Check(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        if (name.Length is 0 or > MaxLength
            || !char.IsAsciiLetter(name[0])
            || name.AsSpan().ContainsAnyExcept(NameCharacters))
        {
            return RealtimeError.BadRequest("invalid repository name");
        }

        return name.StartsWith(ReservedPrefix, StringComparison.OrdinalIgnoreCase) ? RealtimeError.NotAuthorized : null;
    }

    private static readonly System.Buffers.SearchValues<char> NameCharacters = System.Buffers.SearchValues.Create(
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-");
}
