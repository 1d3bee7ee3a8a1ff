namespace Realtime.Gateway.Protocol;

/// <summary>Numbers in as many bytes as they need, seven bits each, the lowest first.</summary>
internal static class VarInt
{
    /// <summary>Most bytes that a number takes.</summary>
    public const int MaxLength = 9;

    /// <summary>Writes a number that isn't negative; returns its length.</summary>
    public static int Write(Span<byte> destination, long value)
    {
        var length = 0;
        while (value >= 0x80)
        {
            destination[length++] = (byte)(value | 0x80);
            value >>= 7;
        }

        destination[length++] = (byte)value;
        return length;
    }

    /// <summary>Reads a number and goes past it; false if there is none.</summary>
    public static bool TryRead(ref ReadOnlySpan<byte> source, out long value)
    {
        value = 0;
        for (var i = 0; i < source.Length && i < MaxLength; i++)
        {
            value |= (long)(source[i] & 0x7F) << (7 * i);
            if (source[i] < 0x80)
            {
                source = source[(i + 1)..];
                return true;
            }
        }

        return false;
    }
}
