using Microsoft.Extensions.Logging;
using Realtime.Gateways;

namespace Realtime.Channels;

/// <inheritdoc cref="IChannelTails"/>
internal sealed partial class ChannelTails(IGrainFactory grains, TimeProvider time, ILogger<ChannelTails> logger) : IChannelTails
{
    // Callers wait meanwhile, and are answered before they give up.
    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(2);

    // A call that goes by a silo that is just stopping is lost without a word; another one may go another way.
    private static readonly TimeSpan AttemptPeriod = TimeSpan.FromSeconds(0.5);

    /// <inheritdoc/>
    public async Task<IReadOnlyDictionary<string, ChannelTail?>> CollectAsync(string channelKey, long epoch, int maxBytes)
    {
        var known = await grains.GetKnownGatewaysAsync();
        using var overdue = new CancellationTokenSource(Bound, time);
        var answers = await Task.WhenAll(known.Select(
            gateway => CollectAsync(gateway, observer => observer.CollectTailAsync(channelKey, epoch, maxBytes), overdue.Token)));
        return known.Zip(answers)
            .Where(static answer => answer.First.IsLive || answer.Second is not null)
            .ToDictionary(static answer => answer.First.Registration.Gateway, static answer => answer.Second, StringComparer.Ordinal);
    }

    private async Task<ChannelTail?> CollectAsync(KnownGateway gateway, Func<IGatewayObserver, Task<ChannelTail>> ask, CancellationToken overdue)
    {
        var (registration, isLive) = gateway;
        List<Task<ChannelTail>> attempts = [];
        while (!overdue.IsCancellationRequested)
        {
            attempts.Add(ask(registration.Observer));
            attempts[^1].Ignore();
            await Task.WhenAny([.. attempts.Where(static attempt => !attempt.IsFaulted), Task.Delay(AttemptPeriod, time, overdue)]);
            if (attempts.Find(static attempt => attempt.IsCompletedSuccessfully) is { } answered)
            {
                return await answered;
            }

            if (!isLive && attempts[^1].IsFaulted)
            {
                // Nobody is there, as was to be expected.
                return null;
            }
        }

        LogNoAnswer(logger, attempts.Find(static attempt => attempt.IsFaulted)?.Exception?.GetBaseException(), registration.Gateway);
        return null;
    }

    [LoggerMessage(LogLevel.Warning, "Gateway {Gateway} did not tell what it knows of a channel.")]
    private static partial void LogNoAnswer(ILogger logger, Exception? exception, string gateway);
}
