using Microsoft.Extensions.Logging;

namespace Realtime.Providers.PushStreams;

/// <summary>Warns about dropped events, at most once a second: drops come in floods, and their metric counts them all.</summary>
internal sealed partial class DropLog(string provider, ILogger logger, TimeProvider timeProvider)
{
    private static readonly TimeSpan _period = TimeSpan.FromSeconds(1);

    private readonly Lock _lock = new();
    private long? _lastWarning;
    private long _unreported;

    public void Report(StreamId streamId, int events, DropReason reason)
    {
        long unreported;
        lock (_lock)
        {
            var now = timeProvider.GetTimestamp();
            if (_lastWarning is { } last && timeProvider.GetElapsedTime(last, now) < _period)
            {
                _unreported += events;
                return;
            }

            _lastWarning = now;
            unreported = _unreported;
            _unreported = 0;
        }

        LogDropped(provider, events, streamId, reason, unreported);
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Push stream provider {Provider} dropped {Events} events of stream {StreamId} ({Reason}); its subscribers see a gap. {Unreported} more were dropped since the last warning.")]
    private partial void LogDropped(string provider, int events, StreamId streamId, DropReason reason, long unreported);
}
