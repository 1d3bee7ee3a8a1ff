namespace Realtime.Providers.AzureStorage;

/// <summary>Names of grain states' blobs, as Orleans has always made them.</summary>
internal static class BlobName
{
    // Azure's bound, in characters.
    private const int MaxLength = 1024;

    /// <exception cref="ArgumentException">Azure takes no blob of that name.</exception>
    public static string From(string stateName, GrainId grainId)
    {
        var name = $"{stateName}-{grainId}.json";
        if (name.Length > MaxLength)
        {
            throw new ArgumentException($"The name of a blob must have at most {MaxLength} characters, but one of {name.Length} was asked for.", nameof(grainId));
        }

        if (name.Any(char.IsControl))
        {
            throw new ArgumentException("The name of a blob mustn't hold control characters.", nameof(grainId));
        }

        // In an address such a part means the folder above, as far as out of the container.
        if (name.Split('/', '\\').Any(part => part is "." or ".."))
        {
            throw new ArgumentException("No part of a blob's name between slashes may be '.' or '..'.", nameof(grainId));
        }

        return name;
    }
}
