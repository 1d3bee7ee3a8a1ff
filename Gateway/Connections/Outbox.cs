using System.Threading.Channels;

namespace Realtime.Gateway.Connections;

/// <summary>
/// What waits to be written to one connection: bounded in bytes, filled by anyone, emptied by the one writer loop of
/// the transport. Filling never waits; a reader that is too slow is told so by the result.
/// </summary>
internal sealed class Outbox(long maxBytes)
{
    // Charged per message beside its bytes, so that a flood of tiny messages is bounded too.
    private const int MessageOverhead = 64;

    private readonly Channel<OutboxItem> _queue = Channel.CreateUnbounded<OutboxItem>(
        new UnboundedChannelOptions());

    private long _bytes;

    /// <summary>Bytes that wait.</summary>
    public long Bytes => Interlocked.Read(ref _bytes);

    /// <summary>Adds a message.</summary>
    /// <returns>False if the outbox is full and the message was not taken; true otherwise, also after <see cref="Complete"/>.</returns>
    public bool TryAdd(OutboxItem item)
    {
        var size = Size(item);
        if (Interlocked.Add(ref _bytes, size) > maxBytes)
        {
            Interlocked.Add(ref _bytes, -size);
            return false;
        }

        if (!_queue.Writer.TryWrite(item))
        {
            Interlocked.Add(ref _bytes, -size);
        }

        return true;
    }

    /// <summary>Waits for the next message; false when completed and empty.</summary>
    public ValueTask<bool> WaitAsync(CancellationToken cancellationToken) => _queue.Reader.WaitToReadAsync(cancellationToken);

    /// <summary>Takes a message that waits.</summary>
    public bool TryTake(out OutboxItem item)
    {
        if (!_queue.Reader.TryRead(out item))
        {
            return false;
        }

        Interlocked.Add(ref _bytes, -Size(item));
        return true;
    }

    /// <summary>Drops what waits.</summary>
    public void Clear()
    {
        while (_queue.Reader.TryRead(out var item))
        {
            Interlocked.Add(ref _bytes, -Size(item));
        }
    }

    /// <summary>Ends the outbox: what waits is still taken, nothing more is added.</summary>
    public void Complete() => _queue.Writer.TryComplete();

    private static int Size(OutboxItem item) => item.Message.Json.Length + MessageOverhead;
}
