using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Realtime.Gateway.Protocol;

/// <summary>Converts between text and JSON string tokens, quotes included.</summary>
internal static class JsonStringToken
{
    private static readonly JsonSerializerOptions Relaxed = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    // The one character that may stand in a token as it is and that is escaped all the same.
    private const byte Delete = 0x7F;

    /// <summary>The token <c>""</c>.</summary>
    public static ReadOnlyMemory<byte> Empty { get; } = "\"\""u8.ToArray();

    /// <summary>Writes text as a token; characters beyond ASCII stay as they are.</summary>
    public static byte[] From(string text) => JsonSerializer.SerializeToUtf8Bytes(text, Relaxed);

    /// <summary>Whether a token that has been decoded before is what <see cref="From"/> makes of its text, as it nearly always is.</summary>
    /// <param name="token">The token.</param>
    /// <param name="text">Its text.</param>
    public static bool IsPlain(ReadOnlySpan<byte> token, string text) =>

        // One byte for each character and the two quotes: neither an escape nor anything beyond ASCII.
        token.Length == text.Length + 2 && !token.Contains(Delete);

    /// <summary>Whether a token is a text as it stands, with nothing escaped; false also if that takes longer to find out.</summary>
    /// <param name="token">A token that has been decoded before, or nothing.</param>
    /// <param name="text">The text.</param>
    public static bool IsLiterally(ReadOnlySpan<byte> token, string text) =>
        token.Length == text.Length + 2 && Ascii.Equals(token[1..^1], text) && !text.Contains('\\', StringComparison.Ordinal);

    /// <summary>Reads a token.</summary>
    /// <param name="token">A token that has been decoded before, or nothing.</param>
    /// <param name="text">The text; empty for no token.</param>
    /// <returns>False if the text holds an unpaired surrogate.</returns>
    public static bool TryRead(ReadOnlyMemory<byte> token, out string text)
    {
        text = "";
        if (token.IsEmpty)
        {
            return true;
        }

        try
        {
            var reader = new Utf8JsonReader(token.Span);
            reader.Read();
            text = reader.GetString() ?? "";
            return true;
        }
        catch (InvalidOperationException)
        {
            // How the reader says that an escape is half of a surrogate pair.
            return false;
        }
    }
}
