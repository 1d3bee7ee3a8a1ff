using System.Collections.Immutable;
using Microsoft.Extensions.Options;
using Realtime.Gateway.Connections;
using Realtime.Gateways;

namespace Realtime.Gateway.Channels;

/// <summary>
/// What this gateway has lately delivered to members, or had accepted by a channel: from it the order of a channel is put
/// together again when the silo that made it is lost. Bounded in bytes and time over all channels; the oldest make room.
/// </summary>
internal sealed class RecentPublications(IOptions<LimitOptions> limits, TimeProvider time)
{
    /// <summary>How long a publication is kept: well beyond the time in which a silo's loss is noticed.</summary>
    public static readonly TimeSpan Age = TimeSpan.FromSeconds(30);

    private readonly Lock _lock = new();
    private readonly Dictionary<string, Kept> _channels = new(StringComparer.Ordinal);
    private readonly Queue<(long At, ChannelPublications Publications)> _all = new();
    private readonly Dictionary<string, long> _epochs = new(StringComparer.Ordinal);
    private readonly Queue<(long At, string Channel, long Epoch)> _epochAges = new();
    private readonly long _maxBytes = limits.Value.RecentBytes;
    private long _bytes;

    /// <summary>Keeps publications for a while; false if their epoch is over, see <see cref="IsOver"/>.</summary>
    public bool TryAdd(ChannelPublications publications)
    {
        lock (_lock)
        {
            if (publications.First.Epoch < _epochs.GetValueOrDefault(publications.ChannelKey))
            {
                return false;
            }

            Add(publications);
            return true;
        }
    }

    /// <summary>Keeps publications for a while.</summary>
    public void Add(ChannelPublications publications)
    {
        lock (_lock)
        {
            if (!_channels.TryGetValue(publications.ChannelKey, out var channel))
            {
                _channels.Add(publications.ChannelKey, channel = new());
            }

            channel.Publications.Enqueue(publications);
            channel.LatestEpoch = Math.Max(channel.LatestEpoch, publications.First.Epoch);
            _all.Enqueue((time.GetTimestamp(), publications));
            _bytes += publications.SizeInBytes;
            Trim();
        }
    }

    /// <summary>Drops what is older than <see cref="Age"/>.</summary>
    public void ForgetOld()
    {
        lock (_lock)
        {
            Trim();
            while (_epochAges.TryPeek(out var oldest) && time.GetElapsedTime(oldest.At) > Age)
            {
                _epochAges.Dequeue();
                if (_epochs.GetValueOrDefault(oldest.Channel) == oldest.Epoch)
                {
                    _epochs.Remove(oldest.Channel);
                }
            }
        }
    }

    /// <summary>
    /// What is kept of a channel, for the activation of an epoch that continues it. What an earlier epoch accepts from now
    /// on doesn't count: nobody will deliver it.
    /// </summary>
    public (ImmutableArray<ChannelPublications> Publications, bool IsCut) Collect(string channel, long epoch, int maxBytes)
    {
        lock (_lock)
        {
            Trim();
            if (epoch > _epochs.GetValueOrDefault(channel))
            {
                _epochs[channel] = epoch;
                _epochAges.Enqueue((time.GetTimestamp(), channel, epoch));
            }

            if (!_channels.TryGetValue(channel, out var kept))
            {
                return ([], false);
            }

            // One at least, however large: it may be all there is to tell.
            var bytes = 0L;
            ImmutableArray<ChannelPublications> latest =
            [
                .. kept.Publications.Reverse().TakeWhile((publications, i) => (bytes += publications.SizeInBytes) <= maxBytes || i == 0),
            ];
            return (latest, latest.Length < kept.Publications.Count);
        }
    }

    /// <summary>The channel's latest epoch, as far as it is remembered; 0 if it isn't.</summary>
    public long GetEpoch(string channel)
    {
        lock (_lock)
        {
            var last = _channels.TryGetValue(channel, out var kept) ? kept.LatestEpoch : 0;
            return Math.Max(last, _epochs.GetValueOrDefault(channel));
        }
    }

    /// <summary>Whether an epoch is over, because a later one has asked.</summary>
    public bool IsOver(string channel, long epoch)
    {
        lock (_lock)
        {
            return epoch < _epochs.GetValueOrDefault(channel);
        }
    }

    private void Trim()
    {
        while (_all.TryPeek(out var oldest) && (_bytes > _maxBytes || time.GetElapsedTime(oldest.At) > Age))
        {
            _all.Dequeue();
            _bytes -= oldest.Publications.SizeInBytes;

            // The oldest of all is the oldest of its channel.
            var channel = _channels[oldest.Publications.ChannelKey];
            channel.Publications.Dequeue();
            if (channel.Publications.Count == 0)
            {
                _channels.Remove(oldest.Publications.ChannelKey);
            }
        }
    }

    /// <summary>What is kept of one channel.</summary>
    private sealed class Kept
    {
        public Queue<ChannelPublications> Publications { get; } = new();

        public long LatestEpoch { get; set; }
    }
}
