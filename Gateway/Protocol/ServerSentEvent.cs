namespace Realtime.Gateway.Protocol;

/// <summary>An event of a stream as this backend writes it (protocol 1.5).</summary>
internal static class ServerSentEvent
{
    /// <summary>Before an id.</summary>
    public static ReadOnlySpan<byte> IdPrefix => "id: "u8;

    /// <summary>Before a message.</summary>
    public static ReadOnlySpan<byte> DataPrefix => "data: "u8;

    /// <summary>After a message.</summary>
    public static ReadOnlySpan<byte> End => "\n\n"u8;

    /// <summary>An event that is none: a comment.</summary>
    public static ReadOnlySpan<byte> Comment => ":\n\n"u8;

    /// <summary>After an id.</summary>
    public const byte LineEnd = (byte)'\n';

    /// <summary>Copies something; returns what is behind it.</summary>
    public static Span<byte> Copy(ReadOnlySpan<byte> source, Span<byte> target)
    {
        source.CopyTo(target);
        return target[source.Length..];
    }
}
