using System.Collections.Concurrent;
using Microsoft.Extensions.Logging.Abstractions;
using Realtime.Gateway;
using Realtime.Gateway.Channels;
using Realtime.Tests.Infrastructure;

namespace Realtime.Tests.Channels;

public sealed class GatheredPublicationsTests
{
    [Fact]
    public async Task Publications_OfSeveralChannels_DontWaitForEachOther()
    {
        var (gathered, both) = (new GatheredPublications(), new Barrier(2));
        using (both)
        {
            var met = new ConcurrentBag<bool>();
            foreach (var _ in Enumerable.Range(0, 2))
            {
                gathered.Add(new Pump(
                    () =>
                    {
                        met.Add(both.SignalAndWait(Eventually.Bound));
                        return Task.CompletedTask;
                    },
                    NullLogger.Instance));
            }

            gathered.Publish();

            await Eventually.TrueAsync(() => met.Count == 2, "both channels");
            Assert.All(met, Assert.True);
        }
    }
}
