namespace Realtime.Channels;

/// <summary>Numbers the activations of channels of this silo so that a later one is higher, on other silos too.</summary>
internal sealed class ChannelEpochs(TimeProvider time)
{
    private const int RandomBits = 20;

    private long _last;

    /// <summary>
    /// A new epoch: the time in milliseconds, then random bits. Where clocks differ by more than the time between two
    /// activations of a channel, the later one finds out from the gateways and goes beyond.
    /// </summary>
    public long Next()
    {
        var proposed = (time.GetUtcNow().ToUnixTimeMilliseconds() << RandomBits) | (long)Random.Shared.Next(1 << RandomBits);
        while (true)
        {
            var last = Volatile.Read(ref _last);
            var next = Math.Max(proposed, last + 1);
            if (Interlocked.CompareExchange(ref _last, next, last) == last)
            {
                return next;
            }
        }
    }

    /// <summary>A new epoch after one that was heard of; from now on <see cref="Next"/> goes beyond it, too.</summary>
    public long NextAfter(long epoch)
    {
        var last = Volatile.Read(ref _last);
        while (last < epoch && Interlocked.CompareExchange(ref _last, epoch, last) is var now && now != last)
        {
            last = now;
        }

        return Next();
    }
}
