using Microsoft.Extensions.Options;
using Realtime.Channels;
using Realtime.Gateway.Connections;
using Realtime.Gateways;

namespace Realtime.Gateway.Channels;

/// <summary>
/// What this gateway has lately delivered to members, or had accepted by a channel: from it the order of a channel is put
/// together again when the silo that made it is lost. Bounded in bytes and time over all channels; the oldest make room.
/// </summary>
/// <param name="limits">Bounds.</param>
/// <param name="time">The clock.</param>
/// <param name="isOnlyProcess">Whether the silos are lost with this gateway, so that there is nothing to keep.</param>
internal sealed class RecentPublications(IOptions<LimitOptions> limits, TimeProvider time, bool isOnlyProcess = false)
{
    /// <summary>How long a publication is kept: as long as a client may be away, so that what it missed outlives a silo, too.</summary>
    public static readonly TimeSpan Age = TimeSpan.FromMinutes(3);

    /// <summary>
    /// How many epochs are remembered at most. Of more channels, begun anew within <see cref="Age"/>, the oldest are forgotten:
    /// what matters then is memory, not a silo that is frozen at the same time.
    /// </summary>
    public const int MaxEpochs = 100_000;

    // Beyond that many channels of which nothing is left, this gateway no longer knows which of them lack something.
    private const int MaxEmptied = 10_000;

    // No position is beyond it.
    private static readonly ChannelPosition Unknown = new(long.MaxValue, 0);

    private readonly Lock _lock = new();
    private readonly Dictionary<string, RecentChannel> _channels = new(StringComparer.Ordinal);
    private readonly Queue<(long At, RecentChannel Channel, ChannelPosition First)> _all = new();
    private readonly Queue<RecentChannel> _emptied = new();
    private readonly Dictionary<string, long> _epochs = new(StringComparer.Ordinal);
    private readonly Queue<(long At, string Channel, long Epoch)> _epochAges = new();
    private readonly long _maxBytes = limits.Value.RecentBytes;
    private long _bytes;
    private long? _confusedAt;

    /// <summary>Keeps publications for a while; false if their epoch is over, see <see cref="IsOver"/>.</summary>
    public bool TryAdd(ChannelPublications publications)
    {
        if (isOnlyProcess)
        {
            return true;
        }

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
        if (isOnlyProcess)
        {
            return;
        }

        lock (_lock)
        {
            if (!_channels.TryGetValue(publications.ChannelKey, out var channel))
            {
                _channels.Add(publications.ChannelKey, channel = new(publications.ChannelKey));
            }

            var now = time.GetTimestamp();
            _bytes += channel.Add(publications, now, out var isNew);
            if (isNew)
            {
                _all.Enqueue((now, channel, publications.First));
            }

            Trim();
        }
    }

    /// <summary>Drops what is older than <see cref="Age"/>.</summary>
    public void ForgetOld()
    {
        lock (_lock)
        {
            Trim();
            ForgetEpochs();
        }
    }

    /// <summary>
    /// What is kept of a channel, for the activation of an epoch that continues it. What an earlier epoch accepts from now
    /// on doesn't count: nobody will deliver it.
    /// </summary>
    public RecentShare Collect(string channel, long epoch, int maxBytes)
    {
        lock (_lock)
        {
            Trim();
            if (epoch > _epochs.GetValueOrDefault(channel))
            {
                _epochs[channel] = epoch;
                _epochAges.Enqueue((time.GetTimestamp(), channel, epoch));
                ForgetEpochs();
            }

            if (!_channels.TryGetValue(channel, out var kept))
            {
                return new RecentShare([], IsCut: false, _confusedAt is null ? default : Unknown, []);
            }

            if (kept.LostAt is { } lostAt && IsOld(lostAt))
            {
                kept.ForgetLost();
            }

            return kept.Share(epoch, maxBytes);
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

    private void ForgetEpochs()
    {
        while (_epochAges.TryPeek(out var oldest) && (_epochAges.Count > MaxEpochs || time.GetElapsedTime(oldest.At) > Age))
        {
            _epochAges.Dequeue();
            if (_epochs.GetValueOrDefault(oldest.Channel) == oldest.Epoch)
            {
                _epochs.Remove(oldest.Channel);
            }
        }
    }

    private void Trim()
    {
        while (_all.TryPeek(out var oldest))
        {
            var isOld = IsOld(oldest.At);
            if (!isOld && _bytes <= _maxBytes)
            {
                break;
            }

            _all.Dequeue();
            _bytes -= isOld ? oldest.Channel.Forget(oldest.First) : oldest.Channel.Lose(oldest.First, oldest.At);
            if (oldest.Channel.IsEmpty)
            {
                Empty(oldest.Channel);
            }
        }

        TrimEmptied();
        if (_confusedAt is { } confusedAt && IsOld(confusedAt))
        {
            _confusedAt = null;
        }
    }

    private void Empty(RecentChannel channel)
    {
        if (channel.LostAt is not { } lostAt || IsOld(lostAt))
        {
            _channels.Remove(channel.Key);
        }
        else if (!channel.IsNoted)
        {
            channel.IsNoted = true;
            _emptied.Enqueue(channel);
        }
    }

    private void TrimEmptied()
    {
        while (_emptied.TryPeek(out var channel) && (_emptied.Count > MaxEmptied || IsOld(channel.LostAt ?? 0)))
        {
            _emptied.Dequeue().IsNoted = false;
            if (!channel.IsEmpty || _channels.GetValueOrDefault(channel.Key) != channel)
            {
                continue;
            }

            if (!IsOld(channel.LostAt ?? 0))
            {
                _confusedAt = time.GetTimestamp();
            }

            _channels.Remove(channel.Key);
        }
    }

    private bool IsOld(long at) => time.GetElapsedTime(at) > Age;
}
