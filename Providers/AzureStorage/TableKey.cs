namespace Realtime.Providers.AzureStorage;

/// <summary>Keys of a grain table's rows, as Orleans has always made them.</summary>
internal static class TableKey
{
    // Azure's bound, in characters, for each of the two keys; Orleans stays below.
    private const int MaxLength = 1024;

    /// <summary>Replaces what a key mustn't hold by <c>_</c>. Different names may so become the same key.</summary>
    /// <remarks>Who stores what others have named encodes the names first, or reads and overwrites another's row.</remarks>
    /// <exception cref="ArgumentException">The key is too long, or holds a control character, which Azure refuses.</exception>
    public static string From(string name)
    {
        if (name.Length >= MaxLength)
        {
            throw new ArgumentException($"A key in an Azure table must be shorter than {MaxLength} characters, but one of {name.Length} was asked for.", nameof(name));
        }

        if (name.Any(char.IsControl))
        {
            throw new ArgumentException("A key in an Azure table mustn't hold control characters.", nameof(name));
        }

        return name.Replace('/', '_').Replace('\\', '_').Replace('#', '_').Replace('?', '_');
    }
}
