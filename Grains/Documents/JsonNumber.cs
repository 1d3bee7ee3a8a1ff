using System.Globalization;
using System.Text;
using System.Text.Json;

namespace Realtime.Documents;

/// <summary>Adds numbers in their JSON form: integers stay integers, decimal fractions stay exact where they fit.</summary>
internal static class JsonNumber
{
    /// <summary>The field of an increment holds something else (protocol 3.2).</summary>
    public static readonly RealtimeError NotANumber = RealtimeError.BadRequest("field is not a number");

    private static readonly RealtimeError OutOfRange = RealtimeError.BadRequest("number out of range");

    // A decimal keeps 28 digits; what is longer, or has an exponent, is added as a double.
    private const int LongestExactText = 28;

    /// <summary>Whether a JSON text is a number.</summary>
    /// <param name="json">UTF-8.</param>
    public static bool IsNumber(ReadOnlySpan<byte> json)
    {
        try
        {
            var reader = new Utf8JsonReader(json);
            return reader.Read() && reader.TokenType == JsonTokenType.Number && !reader.Read();
        }
        catch (JsonException)
        {
            return false;
        }
    }

    /// <summary>The sum of two numbers.</summary>
    /// <param name="current">JSON; null counts as 0.</param>
    /// <param name="amount">A JSON number.</param>
    /// <returns>A JSON number, or 400.</returns>
    public static Result<ReadOnlyMemory<byte>> Add(ReadOnlyMemory<byte>? current, ReadOnlyMemory<byte> amount)
    {
        var old = current ?? "0"u8.ToArray();
        if (!IsNumber(old.Span) || !IsNumber(amount.Span))
        {
            return NotANumber;
        }

        return Add(Encoding.ASCII.GetString(old.Span).Trim(), Encoding.ASCII.GetString(amount.Span).Trim()) is { } sum
            ? new ReadOnlyMemory<byte>(Encoding.ASCII.GetBytes(sum))
            : OutOfRange;
    }

    private static string? Add(string left, string right)
    {
        if (Integer(left) is { } leftInteger && Integer(right) is { } rightInteger)
        {
            return ((Int128)leftInteger + rightInteger).ToString(CultureInfo.InvariantCulture);
        }

        if (Exact(left) is { } leftExact && Exact(right) is { } rightExact)
        {
            return (leftExact + rightExact).ToString(CultureInfo.InvariantCulture);
        }

        var sum = double.Parse(left, CultureInfo.InvariantCulture) + double.Parse(right, CultureInfo.InvariantCulture);
        return double.IsFinite(sum) ? sum.ToString("R", CultureInfo.InvariantCulture) : null;
    }

    private static long? Integer(string text) =>
        long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var value) ? value : null;

    private static decimal? Exact(string text) =>
        text.Length <= LongestExactText
        && decimal.TryParse(
            text, NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var value)
            ? value
            : null;
}
