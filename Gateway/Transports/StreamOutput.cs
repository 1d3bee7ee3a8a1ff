using System.Buffers;
using System.IO.Pipelines;

namespace Realtime.Gateway.Transports;

/// <summary>
/// Gathers what is written to a stream and writes it at once with each flush. Holds no buffer between the end of a flush and
/// what is put in next. Used by one writer at a time.
/// </summary>
/// <param name="stream">The stream. It is not disposed here.</param>
internal sealed class StreamOutput(Stream stream) : PipeWriter
{
    private const int FirstBytes = 512;

    private byte[] _buffer = [];
    private int _length;

    /// <inheritdoc/>
    public override Memory<byte> GetMemory(int sizeHint = 0)
    {
        Reserve(sizeHint);
        return _buffer.AsMemory(_length);
    }

    /// <inheritdoc/>
    public override Span<byte> GetSpan(int sizeHint = 0)
    {
        Reserve(sizeHint);
        return _buffer.AsSpan(_length);
    }

    /// <inheritdoc/>
    public override void Advance(int bytes) => _length += bytes;

    /// <inheritdoc/>
    public override ValueTask<FlushResult> FlushAsync(CancellationToken cancellationToken = default)
    {
        if (_length == 0)
        {
            return default;
        }

        var buffer = _buffer;
        var write = stream.WriteAsync(buffer.AsMemory(0, _length), cancellationToken);
        (_buffer, _length) = ([], 0);
        if (!write.IsCompletedSuccessfully)
        {
            return WaitAsync(write, buffer);
        }

        write.GetAwaiter().GetResult();
        ArrayPool<byte>.Shared.Return(buffer);
        return default;
    }

    /// <inheritdoc/>
    public override void CancelPendingFlush() => throw new NotSupportedException();

    /// <inheritdoc/>
    public override void Complete(Exception? exception = null) => throw new NotSupportedException();

    private static async ValueTask<FlushResult> WaitAsync(ValueTask write, byte[] buffer)
    {
        // After a failure the stream may still hold it: then it isn't used again.
        await write;
        ArrayPool<byte>.Shared.Return(buffer);
        return default;
    }

    private void Reserve(int bytes)
    {
        var needed = _length + Math.Max(bytes, 1);
        if (needed > _buffer.Length)
        {
            var larger = ArrayPool<byte>.Shared.Rent(Math.Max(FirstBytes, Math.Max(needed, _buffer.Length * 2)));
            _buffer.AsSpan(0, _length).CopyTo(larger);
            if (_buffer.Length > 0)
            {
                ArrayPool<byte>.Shared.Return(_buffer);
            }

            _buffer = larger;
        }
    }
}
