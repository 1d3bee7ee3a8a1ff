using System.Collections.Immutable;
using Realtime.Gateways;
using Realtime.Telemetry;

namespace Realtime.Channels;

/// <summary>
/// The order of a channel's publications, as one activation of its grain makes it, the latest of them, and the gateways that get them. Safe
/// for concurrent use: beside the channel's grain others append to it, see <see cref="ILocalChannels"/>.
/// </summary>
/// <param name="key">Grain key of the channel.</param>
/// <param name="epoch">The epoch.</param>
/// <param name="bounds">How much is kept.</param>
/// <param name="inboxes">Takes what gateways get.</param>
/// <param name="roster">Knows which gateways live.</param>
/// <param name="metrics">Counts publications.</param>
/// <param name="time">The clock.</param>
internal sealed class ChannelOrder(
    string key, long epoch, ChannelOptions bounds, IInboxPublisher inboxes, IGatewayRoster roster, GrainMetrics metrics, TimeProvider time)
{
    private readonly Lock _lock = new();
    private readonly PublisherNumbers _numbers = new(time);
    private PublicationHistory _history = new(key, new ChannelPosition(epoch, 0), bounds, time);
    private long _epoch = epoch;
    private bool _hasPublished;
    private bool _isContinued;
    private bool _isSettling;
    private bool _isClosed;
    private ChannelRecipients _recipients = new([], inboxes, roster);

    /// <summary>Grain key of the channel.</summary>
    public string Key => key;

    /// <summary>The epoch.</summary>
    public long Epoch
    {
        get
        {
            lock (_lock)
            {
                return _epoch;
            }
        }
    }

    /// <summary>Whether anything has been published in this epoch.</summary>
    public bool HasPublished
    {
        get
        {
            lock (_lock)
            {
                return _hasPublished;
            }
        }
    }

    /// <summary>Whether nothing is kept.</summary>
    public bool IsHistoryEmpty
    {
        get
        {
            lock (_lock)
            {
                return _history.IsEmpty;
            }
        }
    }

    /// <summary>Where the channel stands.</summary>
    public ChannelStatus Status
    {
        get
        {
            lock (_lock)
            {
                return new ChannelStatus(_epoch, _history.Last);
            }
        }
    }

    /// <summary>Whether it has ended: it accepts nothing any more.</summary>
    public bool IsClosed
    {
        get
        {
            lock (_lock)
            {
                return _isClosed;
            }
        }
    }

    /// <summary>States which gateways have members: they get everything from now on.</summary>
    public void SetGateways(ImmutableArray<MemberGateway> gateways)
    {
        lock (_lock)
        {
            _recipients = new ChannelRecipients(_isClosed ? [] : gateways, inboxes, roster);
        }
    }

    /// <summary>Whether others than the grain may append.</summary>
    public bool IsOpen
    {
        get
        {
            lock (_lock)
            {
                return !_isSettling && !_isClosed && !_recipients.AreNone;
            }
        }
    }

    /// <summary>States whether only the grain may append, while it looks for the past.</summary>
    public void SetIsSettling(bool isSettling)
    {
        lock (_lock)
        {
            _isSettling = isSettling;
        }
    }

    /// <summary>Ends it.</summary>
    public void Close()
    {
        lock (_lock)
        {
            End();
        }
    }

    /// <summary>
    /// Ends it for a later activation, and tells what that one needs to go on with it: nothing is accepted after what is told. Its gateways are
    /// let know; one that doesn't hear the later activation's question states its members there.
    /// </summary>
    /// <param name="later">The epoch of that activation; if it is none later, nothing ends.</param>
    /// <param name="maxBytes">Bytes of publications that are told, about.</param>
    /// <returns>Null if there is nothing to go on with.</returns>
    public OrderTail? CloseFor(long later, int maxBytes)
    {
        lock (_lock)
        {
            if (_epoch >= later)
            {
                return new OrderTail(_epoch, IsContinued: false, null);
            }

            _recipients.Send(new ChannelStopped(key));
            End();
            if (!_hasPublished && !_isContinued)
            {
                return null;
            }

            var (@base, latest) = _history.ReadLatest(maxBytes);

            // Before the first of an epoch that continues nothing there is nothing to lack.
            var lacking = @base.Offset > 0 ? @base : default;
            return new OrderTail(
                _epoch, _isContinued, new ChannelTail(0, default, latest) { Epoch = _epoch, LacksUpTo = lacking, Numbers = _numbers.All });
        }
    }

    /// <summary>Begins again in another epoch, while nothing has been published in this one.</summary>
    public void BeginAnew(long later)
    {
        lock (_lock)
        {
            if (!_hasPublished)
            {
                _epoch = later;
                _history = new PublicationHistory(key, new ChannelPosition(later, 0), bounds, time);
            }
        }
    }

    /// <summary>Orders publications, except for those that are known already, and sends them to the gateways.</summary>
    /// <param name="batch">The publications.</param>
    /// <param name="keep">Whether somebody may ask for them later.</param>
    /// <exception cref="TemporarilyUnavailableException">It has ended.</exception>
    public PublishReceipt Append(PublishBatch batch, bool keep)
    {
        lock (_lock)
        {
            return _isClosed ? throw new TemporarilyUnavailableException() : Order(batch, keep);
        }
    }

    /// <summary>
    /// Orders publications of a channel that has members, and sends them to the gateways. False if anything is to be settled first that
    /// only the grain can.
    /// </summary>
    /// <param name="batch">The publications.</param>
    /// <param name="receipt">What became of them.</param>
    public bool TryAppend(PublishBatch batch, out PublishReceipt receipt)
    {
        receipt = default;
        if (batch.IsRepeated)
        {
            return false;
        }

        lock (_lock)
        {
            if (_isSettling || _isClosed || (batch.KnownEpoch != 0 && batch.KnownEpoch != _epoch) || !_recipients.AreCertain(batch) || _numbers.CountKnown(batch) > 0)
            {
                return false;
            }

            receipt = Order(batch, keep: true);
            return true;
        }
    }

    /// <summary>Puts what an earlier epoch has published before everything there is.</summary>
    /// <param name="past">The past.</param>
    /// <param name="numbers">The latest publications of gateways, also of what there was no room for.</param>
    public void Continue(ChannelPast past, IEnumerable<PublisherNumber> numbers)
    {
        lock (_lock)
        {
            _isContinued = true;
            _history.Prepend(past.Base, past.Publications);
            foreach (var publication in past.Publications)
            {
                _numbers.Note(publication.Publisher, publication.LastSequence);
            }

            foreach (var (publisher, sequence) in numbers)
            {
                _numbers.Note(publisher, sequence);
            }
        }
    }

    /// <summary>Everything after a position, or null if that isn't in what is kept.</summary>
    public ImmutableArray<ChannelPublications>? ReadAfter(ChannelPosition position)
    {
        lock (_lock)
        {
            return _history.ReadAfter(position);
        }
    }

    /// <summary>Drops what is beyond the bounds.</summary>
    public void Trim()
    {
        lock (_lock)
        {
            _history.Trim();
        }
    }

    // Call with the lock.
    private void End() => (_isClosed, _recipients) = (true, new ChannelRecipients([], inboxes, roster));

    /// <summary>Call with the lock: what is first in the order is first in every inbox, too.</summary>
    private PublishReceipt Order(PublishBatch batch, bool keep)
    {
        var skipped = _numbers.CountKnown(batch);
        var previous = _history.Last;
        var first = previous.Epoch == _epoch ? previous with { Offset = previous.Offset + 1 } : new ChannelPosition(_epoch, 1);
        if (skipped == batch.Payloads.Length)
        {
            return new PublishReceipt(_epoch, previous, first, skipped);
        }

        var publications = new ChannelPublications(
            key, previous, first, batch.Publisher, batch.Sequence + skipped, skipped == 0 ? batch.Payloads : batch.Payloads[skipped..]);
        _hasPublished = true;
        _numbers.Note(publications.Publisher, publications.LastSequence);
        _history.Append(publications, keep);
        var sent = _recipients.Send(publications, batch);
        metrics.Published(publications.Payloads.Length, sent);
        return new PublishReceipt(_epoch, previous, first, skipped) { Ordered = publications };
    }
}
