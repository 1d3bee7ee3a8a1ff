using System.Diagnostics.CodeAnalysis;

namespace Realtime.Gateway.Transports;

/// <summary>
/// The stream below a WebSocket of the library: it is read in larger pieces than the library asks for; what the library writes (pings,
/// pongs, the end) goes through the one writer that the connection's messages go through, too.
/// </summary>
/// <param name="stream">The stream of the server.</param>
/// <param name="writer">The writer.</param>
internal sealed class SharedStream(Stream stream, WebSocketWriter writer) : Stream
{
    private readonly ReadAhead _reader = new(stream);

    /// <inheritdoc/>
    public override bool CanRead => true;

    /// <inheritdoc/>
    public override bool CanSeek => false;

    /// <inheritdoc/>
    public override bool CanWrite => true;

    /// <inheritdoc/>
    public override long Length => throw new NotSupportedException();

    /// <inheritdoc/>
    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    /// <inheritdoc/>
    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
        _reader.ReadAsync(buffer, cancellationToken);

    /// <inheritdoc/>
    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        _reader.ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    /// <inheritdoc/>
    [SuppressMessage("Design", "CA1065", Justification = "The library reads asynchronously only.")]
    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) =>
        new(writer.WriteControlAsync(buffer).WaitAsync(cancellationToken));

    /// <inheritdoc/>
    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        writer.WriteControlAsync(buffer.AsMemory(offset, count)).WaitAsync(cancellationToken);

    /// <inheritdoc/>
    [SuppressMessage("Design", "CA1065", Justification = "The library writes asynchronously only.")]
    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override Task FlushAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <inheritdoc/>
    public override void Flush()
    {
    }

    /// <inheritdoc/>
    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override void SetLength(long value) => throw new NotSupportedException();

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            stream.Dispose();
        }

        base.Dispose(disposing);
    }
}
