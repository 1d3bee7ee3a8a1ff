namespace Realtime.Benchmarks.Load.Clients;

/// <summary>Where a reader stands in a chunked HTTP body (RFC 9112, section 7.1).</summary>
internal struct ChunkPosition
{
    private long _left;
    private bool _isInData;

    /// <summary>Removes what isn't body, in place.</summary>
    /// <param name="bytes">What was read.</param>
    /// <returns>How many bytes of body it begins with then.</returns>
    public int Unwrap(Span<byte> bytes)
    {
        var (from, to) = (0, 0);
        while (from < bytes.Length)
        {
            if (_isInData)
            {
                var part = (int)Math.Min(_left, bytes.Length - from);
                bytes.Slice(from, part).CopyTo(bytes[to..]);
                from += part;
                to += part;
                _left -= part;
                _isInData = _left > 0;
                continue;
            }

            // The line end after a chunk adds nothing to the size of the next.
            var next = bytes[from++];
            if (char.IsAsciiHexDigit((char)next))
            {
                _left = (_left * 16) + Convert.ToInt32(((char)next).ToString(), 16);
            }
            else if (next == '\n')
            {
                _isInData = _left > 0;
            }
        }

        return to;
    }
}
