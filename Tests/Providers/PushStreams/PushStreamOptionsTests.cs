using Microsoft.Extensions.Options;
using Realtime.Providers.PushStreams;

namespace Realtime.Tests.Providers.PushStreams;

public sealed class PushStreamOptionsTests
{
    [Fact]
    public void Defaults_AreAccepted_WhenNothingIsConfigured()
    {
        var result = new PushStreamOptionsValidator("push").Validate("push", new PushStreamOptions());

        Assert.True(result.Succeeded);
    }

    [Fact]
    public async Task Silo_DoesNotStart_WhenASettingIsOutOfRange()
    {
        var builder = Host.CreateApplicationBuilder();
        builder.UseOrleans(silo => silo
            .UseLocalhostClustering()
            .AddMemoryGrainStorage("PubSubStore")
            .AddPushStreams("push", options => options.Configure(push => push.QueueCount = 0)));
        using var host = builder.Build();

        var failure = await Assert.ThrowsAsync<OptionsValidationException>(() => host.StartAsync(TestContext.Current.CancellationToken));

        Assert.Equal(["Push stream provider 'push': QueueCount must be from 1 to 1024, but is 0."], failure.Failures);
    }

    [Fact]
    public void EachSetting_IsNamed_WhenOutOfRange()
    {
        var options = new PushStreamOptions
        {
            QueueCount = 1025,
            MaxBatchEvents = 0,
            MaxBatchBytes = 0,
            MaxPendingEventsPerStream = -1,
            MaxPendingBytesPerStream = -1,
            MaxEventDeliveryTime = TimeSpan.Zero,
            ReadRetryPeriod = TimeSpan.Zero,
            DrainTimeout = TimeSpan.FromSeconds(-1),
        };

        var result = new PushStreamOptionsValidator("push").Validate("push", options);

        Assert.Equal(
            [
                "Push stream provider 'push': QueueCount must be from 1 to 1024, but is 1025.",
                "Push stream provider 'push': MaxBatchEvents must be at least 1 event, but is 0.",
                "Push stream provider 'push': MaxBatchBytes must be at least 1 byte, but is 0.",
                "Push stream provider 'push': MaxPendingEventsPerStream must be at least MaxBatchEvents (0), but is -1.",
                "Push stream provider 'push': MaxPendingBytesPerStream must be at least MaxBatchBytes (0), but is -1.",
                "Push stream provider 'push': MaxEventDeliveryTime must be above 0 and at most 1 minute, but is 00:00:00.",
                "Push stream provider 'push': ReadRetryPeriod must be from 1 ms to 1 s, but is 00:00:00.",
                "Push stream provider 'push': DrainTimeout must be from 0 to 1 minute, but is -00:00:01.",
            ],
            result.Failures);
    }
}
