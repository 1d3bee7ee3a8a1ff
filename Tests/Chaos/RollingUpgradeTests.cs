using Realtime.Tests.Chaos.Backend;
using Realtime.Tests.Chaos.Faults;
using Realtime.Tests.Clients;
using Realtime.Tests.Cluster;
using Realtime.Tests.Infrastructure;

namespace Realtime.Tests.Chaos;

/// <summary>From the previous commit's programs to this one's, process by process under load: what crosses processes, and what is stored, stays compatible.</summary>
[Collection<RunAlone>]
public sealed class RollingUpgradeTests
{
    [Fact]
    public async Task Cluster_KeepsItsPromises_WhenItIsUpgraded()
    {
        var (previous, whyNot) = await PreviousBuild.BuildAsync();
        Assert.SkipWhen(previous is null, $"No upgrade is tested: {whyNot}.");

        await using var run = await ChaosRun.StartAsync("rolling-upgrade", ChaosOptions.Read(), previous);

        await run.Faults.RollAsync(FaultKind.RollingUpgrade, new ClusterPrograms(Checkout.SiloAssembly, Checkout.GatewayAssembly));

        await run.FinishAsync();
    }
}
