using System.Collections.Immutable;
using Realtime.Channels;
using Realtime.Gateways;

namespace Realtime.Gateway.Channels;

/// <summary>
/// Reads what a channel's members have missed from its history, again and again while its grain can't be reached: it may be
/// on its way to another silo.
/// </summary>
internal sealed partial class ChannelCatchUp(IChannelGrain grain, TimeProvider time, ILogger logger)
{
    // A silo's loss is noticed and repaired in a few seconds; members wait without a message meanwhile.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private static readonly TimeSpan RetryDelay = TimeSpan.FromMilliseconds(200);

    /// <summary>Reads on until nothing is missing or continuity can't be shown.</summary>
    /// <param name="start">Where to read from; null when nobody needs it any more.</param>
    /// <param name="take">Takes an answer to a reading; true when nothing is missing any more.</param>
    /// <param name="giveUp">Called when nothing could be shown in time.</param>
    public async Task RunAsync(
        Func<ChannelPosition?> start, Func<ChannelPosition, long, ImmutableArray<ChannelPublications>?, bool> take, Action giveUp)
    {
        var since = time.GetTimestamp();
        while (start() is { } position)
        {
            try
            {
                var history = await grain.ReadHistoryAsync(position);
                if (take(position, history.Epoch, history.Publications))
                {
                    return;
                }
            }
            catch (Exception exception)
            {
                LogFailed(logger, exception);
                await Task.Delay(RetryDelay, time);
            }

            if (time.GetElapsedTime(since) > Patience)
            {
                giveUp();
                return;
            }
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "The history of a channel could not be read; it is tried again")]
    private static partial void LogFailed(ILogger logger, Exception exception);
}
