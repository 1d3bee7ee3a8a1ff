namespace Realtime.Gateway.Channels;

/// <summary>
/// Publications of one reader, that wait as long as it can read more without waiting itself, so that what arrived together for a
/// channel is published together. Whoever fills it empties it before it waits for anything. Not safe for concurrent use.
/// </summary>
internal sealed class GatheredPublications
{
    private const int MaxChannels = 64;

    private Pump? _last;
    private List<Pump>? _others;

    /// <summary>Whether anything waits.</summary>
    public bool Any => _last is not null;

    /// <summary>Lets what is to be published next wait.</summary>
    /// <param name="pump">Publishes what waits for one channel.</param>
    public void Add(Pump pump)
    {
        if (pump == _last || _others?.Contains(pump) == true)
        {
            return;
        }

        if (_others?.Count >= MaxChannels)
        {
            Publish();
        }

        if (_last is not null)
        {
            (_others ??= []).Add(_last);
        }

        _last = pump;
    }

    /// <summary>Publishes what waits: of several channels on several threads, of one on this thread.</summary>
    public void Publish()
    {
        if (_last is not { } last)
        {
            return;
        }

        _last = null;
        if (_others is { Count: > 0 } others)
        {
            others.ForEach(static pump => ThreadPool.UnsafeQueueUserWorkItem(static pump => pump.Wake(), pump, preferLocal: false));
            others.Clear();
        }

        last.Wake();
    }
}
