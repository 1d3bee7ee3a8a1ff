using System.Buffers.Text;
using System.Globalization;
using System.Text;

namespace Realtime.Documents;

/// <summary>
/// Writes JSON numbers of any length as texts that are equal if the numbers are, and ordered like them. PostgreSQL's own
/// numbers end at some length, and a document may hold any.
/// </summary>
/// <remarks>
/// A number is 0.d₁d₂… × 10ᵉ. Its key is the sign (0, 1 for zero, 2), e in ten digits, then the digits. A negative one
/// has each digit taken from 9 and a <c>~</c> behind, which is greater than any digit.
/// </remarks>
internal static class NumberKey
{
    private const long ExponentBias = 5_000_000_000;

    // Greater ones are all the same. No document has a number with so many digits.
    private const long MaxExponent = 2_000_000_000;

    /// <summary>The key of a number.</summary>
    /// <param name="json">A valid JSON number.</param>
    public static string Of(ReadOnlySpan<byte> json)
    {
        var isNegative = json[0] == '-';
        var mantissa = json[(isNegative ? 1 : 0)..];
        var exponent = 0L;
        if (mantissa.IndexOfAny((byte)'e', (byte)'E') is >= 0 and var e)
        {
            exponent = Exponent(mantissa[(e + 1)..]);
            mantissa = mantissa[..e];
        }

        var point = mantissa.IndexOf((byte)'.');
        var integer = point < 0 ? mantissa : mantissa[..point];
        var fraction = point < 0 ? [] : mantissa[(point + 1)..];
        var digits = Encoding.ASCII.GetString(integer) + Encoding.ASCII.GetString(fraction);
        var significant = digits.AsSpan().TrimStart('0');
        if (significant.IsEmpty)
        {
            return "1";
        }

        exponent += integer.Length - (digits.Length - significant.Length);
        var biased = ExponentBias + Math.Clamp(exponent, -MaxExponent, MaxExponent);
        var magnitude = string.Concat(biased.ToString(CultureInfo.InvariantCulture), significant.TrimEnd('0'));
        return isNegative ? Negative(magnitude) : "2" + magnitude;
    }

    private static long Exponent(ReadOnlySpan<byte> text)
    {
        var isNegative = text[0] == '-';
        var digits = text[(text[0] is (byte)'-' or (byte)'+' ? 1 : 0)..].TrimStart((byte)'0');
        var value = digits.IsEmpty ? 0
            : digits.Length <= 10 && Utf8Parser.TryParse(digits, out long parsed, out _) ? parsed
            : 2 * MaxExponent;
        return isNegative ? -value : value;
    }

    private static string Negative(string magnitude) => string.Create(magnitude.Length + 2, magnitude, static (key, digits) =>
    {
        key[0] = '0';
        for (var i = 0; i < digits.Length; i++)
        {
            key[i + 1] = (char)('0' + '9' - digits[i]);
        }

        key[^1] = '~';
    });
}
