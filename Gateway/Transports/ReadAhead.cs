using System.Buffers;

namespace Realtime.Gateway.Transports;

/// <summary>
/// Reads a stream in pieces of a few kilobytes for a reader that asks for a few bytes at a time, as the library does for
/// every frame. It holds a buffer only while there is something in it.
/// </summary>
/// <param name="stream">The stream.</param>
internal sealed class ReadAhead(Stream stream)
{
    private const int BufferBytes = 4096;

    private byte[]? _buffer;
    private int _start;
    private int _end;

    /// <summary>Reads what is there, or waits until there is something. One call at a time.</summary>
    /// <param name="target">Where it goes; empty to wait only.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>Number of bytes; 0 at the end, and for an empty target.</returns>
    public ValueTask<int> ReadAsync(Memory<byte> target, CancellationToken cancellationToken)
    {
        if (_start < _end)
        {
            return new ValueTask<int>(Take(target.Span));
        }

        if (target.IsEmpty || target.Length >= BufferBytes)
        {
            return stream.ReadAsync(target, cancellationToken);
        }

        var buffer = ArrayPool<byte>.Shared.Rent(BufferBytes);
        var reading = stream.ReadAsync(buffer, cancellationToken);
        return reading.IsCompletedSuccessfully ? new ValueTask<int>(Keep(buffer, reading.Result, target.Span)) : AwaitAsync(reading, buffer, target);
    }

    private async ValueTask<int> AwaitAsync(ValueTask<int> reading, byte[] buffer, Memory<byte> target)
    {
        int length;
        try
        {
            length = await reading.ConfigureAwait(false);
        }
        catch
        {
            ArrayPool<byte>.Shared.Return(buffer);
            throw;
        }

        return Keep(buffer, length, target.Span);
    }

    private int Keep(byte[] buffer, int length, Span<byte> target)
    {
        (_buffer, _start, _end) = (buffer, 0, length);
        return Take(target);
    }

    private int Take(Span<byte> target)
    {
        var length = Math.Min(target.Length, _end - _start);
        _buffer.AsSpan(_start, length).CopyTo(target);
        _start += length;
        if (_start == _end && _buffer is { } empty)
        {
            _buffer = null;
            ArrayPool<byte>.Shared.Return(empty);
        }

        return length;
    }
}
