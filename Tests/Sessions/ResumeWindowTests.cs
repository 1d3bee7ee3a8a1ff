using Microsoft.Extensions.Time.Testing;
using Realtime.Gateway.Connections;
using Realtime.Gateway.Protocol;
using Realtime.Tests.Connections;

namespace Realtime.Tests.Sessions;

public sealed class ResumeWindowTests
{
    [Theory]
    [InlineData(1, 0)]
    [InlineData(10, 1)]
    public void Replies_AreKeptForAsLongAsItsClientMayBeAway(int windowMinutes, int kept)
    {
        var time = new FakeTimeProvider();
        var session = TestConnections.Create().Remember(replicas: null, new LimitOptions(), time, TimeSpan.FromMinutes(windowMinutes));
        session.Bind("tenant", new CallerIdentity("db", "account", "user", 0, 1), time.GetUtcNow().AddHours(1), MessageEncoder.Ok);

        time.Advance(TimeSpan.FromMinutes(9));

        Assert.Equal(kept, session.Release()!.Replies.Length);
    }
}
