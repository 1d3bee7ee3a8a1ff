using System.Buffers;

namespace Realtime.Gateway.Connections;

/// <summary>
/// What waits to be written to one connection: bounded in bytes, filled by anyone, emptied by the one writer of the
/// transport. Filling never waits; a reader that is too slow is told so by the result. While nothing waits it holds no memory.
/// </summary>
internal sealed class Outbox(long maxBytes)
{
    // Charged per message beside its bytes, so that a flood of tiny messages is bounded too.
    private const int MessageOverhead = 64;

    private const int FirstCapacity = 16;

    private readonly Lock _lock = new();
    private OutboxItem[] _ring = [];
    private int _head;
    private int _count;
    private long _bytes;
    private int _holds;
    private bool _isComplete;
    private IOutboxWriter? _writer;

    /// <summary>Bytes that wait.</summary>
    public long Bytes => Interlocked.Read(ref _bytes);

    /// <summary>Whether nothing waits and nothing more will.</summary>
    public bool IsOver
    {
        get
        {
            if (!Volatile.Read(ref _isComplete))
            {
                return false;
            }

            lock (_lock)
            {
                return _count == 0;
            }
        }
    }

    /// <summary>States who writes what waits, and wakes it; null for nobody.</summary>
    public void Attach(IOutboxWriter? writer)
    {
        Volatile.Write(ref _writer, writer);
        writer?.Wake();
    }

    /// <summary>Adds a message, which is written after the next <see cref="Flush"/>.</summary>
    /// <returns>False if the outbox is full and the message was not taken; true otherwise, also after <see cref="Complete"/>.</returns>
    public bool TryAdd(OutboxItem item)
    {
        var size = Size(item);
        lock (_lock)
        {
            if (_isComplete)
            {
                return true;
            }

            if (_bytes + size > maxBytes)
            {
                return false;
            }

            if (_count == _ring.Length)
            {
                Grow();
            }

            _ring[(_head + _count) & (_ring.Length - 1)] = item;
            _count++;
            Volatile.Write(ref _bytes, _bytes + size);
            return true;
        }
    }

    /// <summary>Wakes the writer, unless somebody has more to add. It may write on this thread.</summary>
    public void Flush()
    {
        if (Volatile.Read(ref _holds) == 0)
        {
            Volatile.Read(ref _writer)?.Wake();
        }
    }

    /// <summary>States that more is about to be added, so that all of it goes with one write. <see cref="Release"/> follows at once.</summary>
    public void Hold() => Interlocked.Increment(ref _holds);

    /// <summary>States that all of it has been added.</summary>
    public void Release()
    {
        if (Interlocked.Decrement(ref _holds) == 0)
        {
            Flush();
        }
    }

    /// <summary>Takes a message that waits.</summary>
    public bool TryTake(out OutboxItem item)
    {
        // Who adds something says so afterwards: it is seen then at the latest.
        if (Volatile.Read(ref _count) == 0)
        {
            item = default;
            return false;
        }

        lock (_lock)
        {
            if (_count == 0)
            {
                item = default;
                return false;
            }

            item = _ring[_head];
            _ring[_head] = default;
            _head = (_head + 1) & (_ring.Length - 1);
            _count--;
            Volatile.Write(ref _bytes, _bytes - Size(item));
            if (_count == 0)
            {
                ReleaseRing();
            }

            return true;
        }
    }

    /// <summary>Drops what waits.</summary>
    public void Clear()
    {
        while (TryTake(out _))
        {
        }
    }

    /// <summary>Ends the outbox: what waits is still taken, nothing more is added.</summary>
    public void Complete()
    {
        lock (_lock)
        {
            Volatile.Write(ref _isComplete, true);
        }

        Flush();
    }

    // Powers of two, which is what the pool gives for them, so that places wrap by a mask.
    private void Grow()
    {
        var larger = ArrayPool<OutboxItem>.Shared.Rent(Math.Max(FirstCapacity, _ring.Length * 2));
        for (var i = 0; i < _count; i++)
        {
            ref var place = ref _ring[(_head + i) & (_ring.Length - 1)];
            larger[i] = place;
            place = default;
        }

        ReleaseRing();
        _ring = larger;
    }

    private void ReleaseRing()
    {
        if (_ring.Length > 0)
        {
            ArrayPool<OutboxItem>.Shared.Return(_ring);
        }

        (_ring, _head) = ([], 0);
    }

    private static int Size(OutboxItem item) => item.Message.Length + (MessageOverhead * Math.Max(1, item.Message.Count));
}
