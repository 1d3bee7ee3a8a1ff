using System.Text;

namespace Realtime.Documents;

/// <summary>
/// Texts as PostgreSQL can hold them: it knows neither U+0000 nor half surrogate pairs, which JSON may contain. Both are
/// written in another way that keeps texts distinct and in the order of their code points. Other texts stay the same.
/// </summary>
internal static class PostgresText
{
    // U+0000 and U+0001 become two characters each, so that nothing else is written like them. Surrogates lie directly
    // behind U+D7FF, which no script uses: it leads what stands for a half pair, and is followed by U+0001 itself.
    private const char Zero = '\0';
    private const char Low = '\u0001';
    private const char High = '\ud7ff';
    private const char HalfPair = '\u0002';
    private const int FirstHalf = 0x100;

    /// <summary>The text as it is stored and compared.</summary>
    /// <param name="text">Any text.</param>
    public static string Escape(string text)
    {
        if (!NeedsEscape(text))
        {
            return text;
        }

        var output = new StringBuilder(text.Length + 8);
        for (var i = 0; i < text.Length; i++)
        {
            var unit = text[i];
            if (char.IsHighSurrogate(unit) && i + 1 < text.Length && char.IsLowSurrogate(text[i + 1]))
            {
                output.Append(unit).Append(text[++i]);
            }
            else if (char.IsSurrogate(unit))
            {
                output.Append(High).Append(HalfPair).Append((char)(FirstHalf + unit - 0xd800));
            }
            else
            {
                _ = unit switch
                {
                    Zero => output.Append(Low).Append(Low),
                    Low => output.Append(Low).Append(HalfPair),
                    High => output.Append(High).Append(Low),
                    _ => output.Append(unit),
                };
            }
        }

        return output.ToString();
    }

    /// <summary>The text that a JSON string stands for.</summary>
    /// <param name="content">UTF-8 between the quotes of a valid string; may contain half pairs as <c>\ud800</c>.</param>
    public static string Unescape(ReadOnlySpan<byte> content)
    {
        var json = Encoding.UTF8.GetString(content);
        var output = new StringBuilder(json.Length);
        for (var i = 0; i < json.Length; i++)
        {
            if (json[i] != '\\')
            {
                output.Append(json[i]);
                continue;
            }

            output.Append(json[++i] switch
            {
                'b' => '\b',
                'f' => '\f',
                'n' => '\n',
                'r' => '\r',
                't' => '\t',
                'u' => (char)Convert.ToUInt16(json.Substring((i += 4) - 3, 4), 16),
                var other => other,
            });
        }

        return output.ToString();
    }

    private static bool NeedsEscape(ReadOnlySpan<char> text)
    {
        foreach (var unit in text)
        {
            if (unit <= Low || unit is >= High and <= '\udfff')
            {
                return true;
            }
        }

        return false;
    }
}
