using Orleans.Providers.Streams.Common;
using Orleans.Streams;

namespace Realtime.Providers.PushStreams;

/// <summary>
/// Consecutive events of one stream, delivered in one call. Immutable, so a subscriber in the publishing silo receives the
/// very objects that were published.
/// </summary>
[GenerateSerializer, Immutable, Alias("Realtime.Providers.PushStreams.PushStreamBatch")]
internal sealed class PushStreamBatch : IBatchContainer
{
    [Id(0)]
    private readonly StreamId _streamId;

    [Id(1)]
    private readonly long _sequence;

    [Id(2)]
    private readonly object[] _events;

    [NonSerialized]
    private readonly long _sizeInBytes;

    /// <param name="streamId">The stream the events belong to.</param>
    /// <param name="sequence">Rises within one queue of one silo; not comparable between silos.</param>
    /// <param name="events">The events, oldest first.</param>
    /// <param name="sizeInBytes">The events' size, known to the publishing silo only.</param>
    public PushStreamBatch(StreamId streamId, long sequence, object[] events, long sizeInBytes)
    {
        _streamId = streamId;
        _sequence = sequence;
        _events = events;
        _sizeInBytes = sizeInBytes;
    }

    public StreamId StreamId => _streamId;

    public StreamSequenceToken SequenceToken => new EventSequenceTokenV2(_sequence);

    public long Sequence => _sequence;

    public int Count => _events.Length;

    /// <summary>Size of the events in bytes; zero once the batch has crossed to another process.</summary>
    public long SizeInBytes => _sizeInBytes;

    public IEnumerable<Tuple<T, StreamSequenceToken>> GetEvents<T>()
    {
        for (var i = 0; i < _events.Length; i++)
        {
            if (_events[i] is T item)
            {
                yield return Tuple.Create<T, StreamSequenceToken>(item, new EventSequenceTokenV2(_sequence, i));
            }
        }
    }

    // A batch gathers the events of many calls, so it can't carry the request context of one.
    public bool ImportRequestContext() => false;
}
