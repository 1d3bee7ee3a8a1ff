using Realtime.Benchmarks.Load;
using Realtime.Benchmarks.Load.Servers;
using Realtime.Benchmarks.Load.Workloads;

namespace Realtime.Tests.Load;

/// <summary>The load tool still understands the servers that this repository builds: few clients, for a moment.</summary>
public sealed class LoadToolTests
{
    private static readonly LoadOptions ForAMoment = new() { Scale = 100, Seconds = 0.5, WarmUp = 0.2 };

    [Theory]
    [InlineData("raw", "fanout")]
    [InlineData("signalr", "rooms")]
    [InlineData("realtime", "rooms")]
    [InlineData("realtime-sse", "fanout")]
    [InlineData("realtime", "ping")]
    [InlineData("realtime", "events-readers")]
    [InlineData("realtime", "creates")]
    public async Task Run_CountsEveryDelivery(string target, string workload)
    {
        using var server = await new ServerStarter(ForAMoment).StartAsync(target);

        var result = await new WorkloadRunner(ForAMoment).RunAsync(workload, server);

        Assert.Equal((0, 0, 0, 0), (result.Lost, result.Duplicates, result.Reordered, result.Failures));
        Assert.True(result.PerSecond > 0);
        Assert.True(result.P99 > 0);
    }

    [Fact]
    public async Task Run_TellsWhatIsWrong_WhenAServerRefuses()
    {
        using var server = await new ServerStarter(ForAMoment).StartAsync("realtime");
        var stranger = server with { Target = server.Target with { Credential = "not a token" } };

        var failure = await Assert.ThrowsAsync<LoadException>(() => new WorkloadRunner(ForAMoment).RunAsync("fanout", stranger));

        Assert.Contains("invalid token", failure.Message, StringComparison.Ordinal);
    }
}
