using System.Buffers;
using System.Buffers.Text;
using System.IO.Pipelines;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.Net.Http.Headers;

namespace Realtime.Gateway.Transports;

/// <summary>
/// Writes a chunked HTTP/1.1 body (RFC 9112, section 7.1) to its connection, one chunk with each flush. Used by one writer at a time.
/// </summary>
/// <remarks>
/// The server's own writer takes locks for each piece and leaves room before and behind it. It writes nothing by itself while a
/// response is under way, so the connection's pipe is ours after a flush and until the request ends.
/// </remarks>
/// <param name="connection">Where the connection's bytes go.</param>
internal sealed class ChunkedOutput(PipeWriter connection) : PipeWriter
{
    // With leading zeros, as the size is known when the chunk ends.
    private const int SizeDigits = 6;
    private const int MaxChunkBytes = 1 << 20;

    private static readonly StandardFormat SizeFormat = new('x', SizeDigits);

    private Memory<byte> _size;
    private int _length;

    private static ReadOnlySpan<byte> LineEnd => "\r\n"u8;

    /// <summary>The fastest way to write the rest of a response that has begun and been flushed.</summary>
    public static PipeWriter For(HttpContext http) =>
        HttpProtocol.IsHttp11(http.Request.Protocol)
        && string.Equals(http.Response.Headers[HeaderNames.TransferEncoding], "chunked", StringComparison.Ordinal)
        && http.Features.Get<IConnectionTransportFeature>() is { } transport
            ? new ChunkedOutput(transport.Transport.Output)
            : http.Response.BodyWriter;

    /// <inheritdoc/>
    public override Memory<byte> GetMemory(int sizeHint = 0)
    {
        Begin();
        return connection.GetMemory(sizeHint);
    }

    /// <inheritdoc/>
    public override Span<byte> GetSpan(int sizeHint = 0)
    {
        Begin();
        return connection.GetSpan(sizeHint);
    }

    /// <inheritdoc/>
    public override void Advance(int bytes)
    {
        _length += bytes;
        connection.Advance(bytes);
    }

    /// <inheritdoc/>
    public override ValueTask<FlushResult> FlushAsync(CancellationToken cancellationToken = default)
    {
        if (_length == 0)
        {
            // A chunk without bytes would end the body. Its size line, if there is one, waits for the next.
            return default;
        }

        End();
        return connection.FlushAsync(cancellationToken);
    }

    /// <inheritdoc/>
    public override void CancelPendingFlush() => throw new NotSupportedException();

    /// <inheritdoc/>
    public override void Complete(Exception? exception = null) => throw new NotSupportedException();

    private void Begin()
    {
        if (_length > MaxChunkBytes)
        {
            End();
        }

        if (_size.IsEmpty)
        {
            const int Length = SizeDigits + 2;
            var line = connection.GetMemory(Length)[..Length];
            LineEnd.CopyTo(line.Span[SizeDigits..]);
            connection.Advance(Length);

            // Nobody reads it before the flush.
            _size = line[..SizeDigits];
        }
    }

    private void End()
    {
        if (!_size.IsEmpty)
        {
            Utf8Formatter.TryFormat(_length, _size.Span, out _, SizeFormat);
            connection.Write(LineEnd);
            (_size, _length) = (default, 0);
        }
    }
}
