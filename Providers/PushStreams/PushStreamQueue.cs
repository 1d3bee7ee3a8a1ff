using Orleans.Streams;

namespace Realtime.Providers.PushStreams;

/// <summary>
/// One queue of this silo: many publishers append without waiting, one agent reads. Each stream has its own bounded buffer,
/// and streams with something to read take turns.
/// </summary>
/// <remarks>
/// A stream leaves the line while <see cref="MaxUndeliveredBatches"/> of its batches await a subscriber. What is published
/// meanwhile stays in its buffer, where the bound acts: a stopped subscriber costs its own stream's events and nothing else.
/// </remarks>
internal sealed class PushStreamQueue(PushStreamOptions options, Action<StreamId, int, DropReason> onDropped)
{
    // One batch on its way: what comes meanwhile goes together with the next. One that was ready to follow it would be small, and each
    // delivery costs the same however much is in it.
    internal const int MaxUndeliveredBatches = 1;

    private readonly Lock _lock = new();
    private readonly Dictionary<StreamId, StreamBuffer> _streams = [];
    private readonly Queue<StreamBuffer> _line = new();
    private TaskCompletionSource<bool>? _reader;
    private TaskCompletionSource? _idle;
    private int _busyStreams;
    private int _pendingEvents;
    private long _sequence;
    private bool _refusesNewStreams;
    private bool _closed;

    /// <summary>Events waiting in all streams of this queue; a snapshot for metrics.</summary>
    public int PendingEvents => Volatile.Read(ref _pendingEvents);

    /// <summary>Adds events of one stream in order. Never waits; drops by the rules of <see cref="PushStreamOptions"/>.</summary>
    public void Append<T>(StreamId streamId, IReadOnlyCollection<T> events)
    {
        var dropped = 0;
        var reason = DropReason.Overflow;
        lock (_lock)
        {
            if (_closed || (_refusesNewStreams && !HasSubscribers(streamId)))
            {
                dropped = events.Count;
                reason = DropReason.Stopped;
            }
            else if (events.Count > 0)
            {
                var stream = GetOrAddStream(streamId);
                var wasIdle = stream.IsIdle;
                foreach (var item in events)
                {
                    var size = Math.Max(0, options.SizeOf(item!));
                    if (IsFull(stream, size))
                    {
                        dropped += Clear(stream);
                    }

                    stream.Add(item!, size);
                    _pendingEvents++;
                }

                CountBusy(stream, wasIdle);
                JoinLine(stream);
            }
        }

        Report(streamId, dropped, reason);
    }

    /// <summary>Takes at most <paramref name="maxBatches"/> batches, one per stream and turn.</summary>
    public List<IBatchContainer> Take(int maxBatches)
    {
        var batches = new List<IBatchContainer>();
        lock (_lock)
        {
            while (batches.Count < maxBatches && _line.TryDequeue(out var stream))
            {
                stream.IsInLine = false;
                if (!IsReadable(stream))
                {
                    continue;
                }

                var batch = stream.Take(++_sequence, options.MaxBatchEvents, options.MaxBatchBytes);
                _pendingEvents -= batch.Count;
                stream.Undelivered++;
                batches.Add(batch);
                JoinLine(stream);
            }
        }

        return batches;
    }

    /// <summary>Completes with true when there is something to take, with false after <see cref="Wake"/>.</summary>
    public Task<bool> WaitAsync()
    {
        lock (_lock)
        {
            if (_line.Count > 0)
            {
                return Task.FromResult(true);
            }

            // Continuations run on the agent's scheduler, never inside the lock of a publisher.
            _reader ??= new TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously);
            return _reader.Task;
        }
    }

    /// <summary>Ends a wait without data, so that the agent can do its housekeeping or stop; forgets streams that are idle.</summary>
    public void Wake()
    {
        lock (_lock)
        {
            foreach (var (streamId, stream) in _streams)
            {
                if (stream.IsIdle && !stream.IsInLine && !stream.HasSubscribers)
                {
                    _streams.Remove(streamId);
                }
            }

            CompleteReader(hasData: false);
        }
    }

    /// <summary>Tells that batches of a stream have been delivered; negative when a new subscriber has yet to receive some.</summary>
    public void Release(StreamId streamId, int batches)
    {
        lock (_lock)
        {
            var stream = GetOrAddStream(streamId);
            var wasIdle = stream.IsIdle;
            stream.Undelivered = Math.Max(0, stream.Undelivered - batches);
            CountBusy(stream, wasIdle);
            JoinLine(stream);
        }
    }

    /// <summary>Tells whether the agent serves subscribers of a stream.</summary>
    public void SetHasSubscribers(StreamId streamId, bool hasSubscribers)
    {
        lock (_lock)
        {
            GetOrAddStream(streamId).HasSubscribers = hasSubscribers;
        }
    }

    /// <summary>
    /// From now on drops what is published to streams that the agent doesn't serve yet. Orleans registers no stream for a
    /// silo that is stopping, and an agent that tries in vain reads nothing, for its other streams neither.
    /// </summary>
    public void RefuseNewStreams()
    {
        lock (_lock)
        {
            _refusesNewStreams = true;
        }
    }

    /// <summary>Forgets what waits for a stream whose subscriber didn't acknowledge in time.</summary>
    public void DropPending(StreamId streamId)
    {
        var dropped = 0;
        lock (_lock)
        {
            if (_streams.TryGetValue(streamId, out var stream))
            {
                var wasIdle = stream.IsIdle;
                dropped = Clear(stream);
                CountBusy(stream, wasIdle);
            }
        }

        Report(streamId, dropped, DropReason.DeliveryFailed);
    }

    /// <summary>Starts over for a new agent: what the old one had taken is gone with its cache.</summary>
    public void ForgetUndelivered()
    {
        lock (_lock)
        {
            foreach (var stream in _streams.Values)
            {
                var wasIdle = stream.IsIdle;
                stream.Undelivered = 0;
                stream.HasSubscribers = false;
                CountBusy(stream, wasIdle);
                JoinLine(stream);
            }
        }
    }

    /// <summary>Completes when everything appended so far has been delivered, dropped or found to have no subscriber.</summary>
    public Task WhenIdleAsync()
    {
        lock (_lock)
        {
            if (_busyStreams == 0)
            {
                return Task.CompletedTask;
            }

            _idle ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            return _idle.Task;
        }
    }

    /// <summary>Accepts nothing more and drops what still waits.</summary>
    public void Close()
    {
        List<(StreamId StreamId, int Events)> dropped = [];
        lock (_lock)
        {
            _closed = true;
            foreach (var stream in _streams.Values)
            {
                var wasIdle = stream.IsIdle;
                dropped.Add((stream.StreamId, Clear(stream)));
                CountBusy(stream, wasIdle);
            }
        }

        foreach (var (streamId, events) in dropped)
        {
            Report(streamId, events, DropReason.Stopped);
        }
    }

    private static bool IsReadable(StreamBuffer stream) => stream.PendingEvents > 0 && stream.Undelivered < MaxUndeliveredBatches;

    private bool IsFull(StreamBuffer stream, int nextSize) => stream.PendingEvents > 0
        && (stream.PendingEvents >= options.MaxPendingEventsPerStream || stream.PendingBytes + nextSize > options.MaxPendingBytesPerStream);

    private bool HasSubscribers(StreamId streamId) => _streams.TryGetValue(streamId, out var stream) && stream.HasSubscribers;

    private StreamBuffer GetOrAddStream(StreamId streamId)
    {
        if (!_streams.TryGetValue(streamId, out var stream))
        {
            stream = new StreamBuffer(streamId);
            _streams.Add(streamId, stream);
        }

        return stream;
    }

    private void JoinLine(StreamBuffer stream)
    {
        if (!stream.IsInLine && IsReadable(stream))
        {
            stream.IsInLine = true;
            _line.Enqueue(stream);
            CompleteReader(hasData: true);
        }
    }

    private int Clear(StreamBuffer stream)
    {
        var dropped = stream.Clear();
        _pendingEvents -= dropped;
        return dropped;
    }

    private void CountBusy(StreamBuffer stream, bool wasIdle)
    {
        if (stream.IsIdle == wasIdle)
        {
            return;
        }

        _busyStreams += wasIdle ? 1 : -1;
        if (_busyStreams == 0)
        {
            _idle?.TrySetResult();
            _idle = null;
        }
    }

    private void CompleteReader(bool hasData)
    {
        _reader?.TrySetResult(hasData);
        _reader = null;
    }

    private void Report(StreamId streamId, int dropped, DropReason reason)
    {
        if (dropped > 0)
        {
            onDropped(streamId, dropped, reason);
        }
    }
}
