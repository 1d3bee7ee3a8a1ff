using Microsoft.Extensions.Time.Testing;
using Realtime.Gateway.Connections;

namespace Realtime.Tests.Connections;

public sealed class TokenBucketTests
{
    [Fact]
    public void Take_AllowsTheBurst_ThenTheRate()
    {
        var time = new FakeTimeProvider();
        var bucket = new TokenBucket(burst: 3, perSecond: 10, time);

        var burst = Take(ref bucket, 5);
        time.Advance(TimeSpan.FromMilliseconds(250));
        var later = Take(ref bucket, 5);

        Assert.Equal((3, 2), (burst, later));
    }

    [Fact]
    public void Take_NeverSavesMoreThanTheBurst()
    {
        var time = new FakeTimeProvider();
        var bucket = new TokenBucket(burst: 3, perSecond: 10, time);
        Take(ref bucket, 3);

        time.Advance(TimeSpan.FromHours(1));

        Assert.Equal(3, Take(ref bucket, 10));
    }

    private static int Take(ref TokenBucket bucket, int attempts)
    {
        var taken = 0;
        for (var i = 0; i < attempts; i++)
        {
            taken += bucket.TryTake() ? 1 : 0;
        }

        return taken;
    }
}
