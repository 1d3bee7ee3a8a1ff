using System.Text;

namespace Realtime.Gateway.Http;

/// <summary>
/// Reads the filters of a bulk deletion, which the client puts into the query string as base64 that it doesn't escape
/// (protocol 3.3): a <c>+</c> arrives as a space, and text outside ASCII as Latin-1.
/// </summary>
internal static class EncodedFilters
{
    private static readonly UTF8Encoding StrictUtf8 = new(false, throwOnInvalidBytes: true);

    /// <summary>Decodes filters.</summary>
    /// <param name="text">The value of <c>x</c>, after the query string was decoded.</param>
    /// <param name="json">The filters in UTF-8.</param>
    /// <returns>False if it isn't base64, standard or URL-safe, with or without padding.</returns>
    public static bool TryDecode(string text, out byte[] json)
    {
        var standard = text.Replace(' ', '+').Replace('-', '+').Replace('_', '/').TrimEnd('=');
        var padded = standard.PadRight((standard.Length + 3) / 4 * 4, '=');
        var bytes = new byte[padded.Length];
        if (!Convert.TryFromBase64String(padded, bytes, out var length))
        {
            json = [];
            return false;
        }

        json = bytes[..length];
        try
        {
            StrictUtf8.GetCharCount(json);
        }
        catch (DecoderFallbackException)
        {
            json = Encoding.UTF8.GetBytes(Encoding.Latin1.GetString(json));
        }

        return true;
    }
}
