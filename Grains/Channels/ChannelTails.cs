using Microsoft.Extensions.Logging;
using Realtime.Gateways;

namespace Realtime.Channels;

/// <inheritdoc cref="IChannelTails"/>
internal sealed partial class ChannelTails(IGrainFactory grains, TimeProvider time, ILogger<ChannelTails> logger) : IChannelTails
{
    // Publications wait meanwhile. A frozen gateway has more than that to catch up with anyway.
    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(2);

    // A call that goes by a silo that is just stopping is lost without a word; the next may go another way.
    private static readonly TimeSpan AttemptBound = TimeSpan.FromSeconds(0.4);

    private static readonly TimeSpan RetryDelay = TimeSpan.FromMilliseconds(100);

    /// <inheritdoc/>
    public async Task<IReadOnlyDictionary<string, ChannelTail>> CollectAsync(string channelKey, long epoch)
    {
        var live = await grains.GetGrain<IGatewayDirectoryGrain>(IGatewayDirectoryGrain.Key).GetLiveAsync();
        using var overdue = new CancellationTokenSource(Bound, time);
        var answers = await Task.WhenAll(live.Select(registration => CollectAsync(registration, channelKey, epoch, overdue.Token)));
        return answers.OfType<(string Gateway, ChannelTail Tail)>()
            .ToDictionary(static answer => answer.Gateway, static answer => answer.Tail, StringComparer.Ordinal);
    }

    private async Task<(string Gateway, ChannelTail Tail)?> CollectAsync(
        GatewayRegistration registration, string channelKey, long epoch, CancellationToken overdue)
    {
        while (true)
        {
            try
            {
                var answer = registration.Observer.CollectTailAsync(channelKey, epoch);
                answer.Ignore();
                return (registration.Gateway, await answer.WaitAsync(AttemptBound, time, overdue));
            }
            catch (OperationCanceledException) when (overdue.IsCancellationRequested)
            {
                LogNoAnswer(logger, null, registration.Gateway);
                return null;
            }
            catch (Exception exception)
            {
                // Just after a silo's loss the way to a gateway may not be known for a moment.
                LogNoAnswer(logger, exception, registration.Gateway);
                await Task.Delay(RetryDelay, time, CancellationToken.None);
                if (overdue.IsCancellationRequested)
                {
                    return null;
                }
            }
        }
    }

    [LoggerMessage(LogLevel.Warning, "Gateway {Gateway} did not tell what it knows of a channel.")]
    private static partial void LogNoAnswer(ILogger logger, Exception? exception, string gateway);
}
