using Microsoft.Extensions.Time.Testing;
using Realtime.Documents;

namespace Realtime.Tests.Documents;

public sealed class BulkPaceTests
{
    [Fact]
    public async Task Chunks_AreSpacedByTheirBytes_OverAllBulkWrites()
    {
        var time = new FakeTimeProvider();
        var pace = new BulkPace(1000, time);

        var first = pace.PassAsync(500, TestContext.Current.CancellationToken);
        var second = pace.PassAsync(500, TestContext.Current.CancellationToken);
        time.Advance(TimeSpan.FromMilliseconds(500));
        await first;
        var isSecondEarly = second.IsCompleted;
        time.Advance(TimeSpan.FromMilliseconds(500));
        await second;

        Assert.False(isSecondEarly);
    }
}
