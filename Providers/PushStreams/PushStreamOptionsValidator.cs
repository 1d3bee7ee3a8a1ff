using Microsoft.Extensions.Options;

namespace Realtime.Providers.PushStreams;

/// <summary>Refuses settings with which streams couldn't run, naming the setting and what it accepts.</summary>
/// <param name="provider">The provider whose settings are checked; those of other providers are skipped.</param>
internal sealed class PushStreamOptionsValidator(string provider) : IValidateOptions<PushStreamOptions>
{
    private static readonly TimeSpan _minute = TimeSpan.FromMinutes(1);

    public ValidateOptionsResult Validate(string? name, PushStreamOptions options)
    {
        if (name != provider)
        {
            return ValidateOptionsResult.Skip;
        }

        var failures = new ValidateOptionsResultBuilder();
        Require(options.QueueCount is >= 1 and <= 1024, nameof(options.QueueCount), "from 1 to 1024", options.QueueCount);
        Require(options.MaxBatchEvents >= 1, nameof(options.MaxBatchEvents), "at least 1 event", options.MaxBatchEvents);
        Require(options.MaxBatchBytes >= 1, nameof(options.MaxBatchBytes), "at least 1 byte", options.MaxBatchBytes);
        Require(options.MaxPendingEventsPerStream >= options.MaxBatchEvents, nameof(options.MaxPendingEventsPerStream), $"at least {nameof(options.MaxBatchEvents)} ({options.MaxBatchEvents})", options.MaxPendingEventsPerStream);
        Require(options.MaxPendingBytesPerStream >= options.MaxBatchBytes, nameof(options.MaxPendingBytesPerStream), $"at least {nameof(options.MaxBatchBytes)} ({options.MaxBatchBytes})", options.MaxPendingBytesPerStream);
        Require(options.MaxEventDeliveryTime > TimeSpan.Zero && options.MaxEventDeliveryTime <= _minute, nameof(options.MaxEventDeliveryTime), "above 0 and at most 1 minute", options.MaxEventDeliveryTime);
        Require(options.ReadRetryPeriod >= TimeSpan.FromMilliseconds(1) && options.ReadRetryPeriod <= TimeSpan.FromSeconds(1), nameof(options.ReadRetryPeriod), "from 1 ms to 1 s", options.ReadRetryPeriod);
        Require(options.PausePerEvent >= TimeSpan.Zero && options.PausePerEvent <= TimeSpan.FromSeconds(1), nameof(options.PausePerEvent), "from 0 to 1 s", options.PausePerEvent);
        Require(options.LongestPause >= TimeSpan.Zero && options.LongestPause <= TimeSpan.FromSeconds(1), nameof(options.LongestPause), "from 0 to 1 s", options.LongestPause);
        Require(options.DrainTimeout >= TimeSpan.Zero && options.DrainTimeout <= _minute, nameof(options.DrainTimeout), "from 0 to 1 minute", options.DrainTimeout);
        return failures.Build();

        void Require(bool holds, string setting, string accepted, object actual)
        {
            if (!holds)
            {
                failures.AddError(string.Create(System.Globalization.CultureInfo.InvariantCulture, $"Push stream provider '{provider}': {setting} must be {accepted}, but is {actual}."));
            }
        }
    }
}
