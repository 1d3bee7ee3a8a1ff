using Realtime.Tests.Chaos.Faults;
using Realtime.Tests.Infrastructure;

namespace Realtime.Tests.Chaos;

/// <summary>
/// Three silos, two gateways and their storage under load while faults befall them, one after the other. Other tests
/// don't run meanwhile: they would want the processors, and their times would be those of a busy machine.
/// </summary>
[Collection<RunAlone>]
public sealed class ChaosTests
{
    private const int Silos = 3;
    private const int Gateways = 2;

    [Fact]
    public async Task Cluster_KeepsItsPromises_WhateverFaultBefallsIt()
    {
        var options = ChaosOptions.Read();
        await using var run = await ChaosRun.StartAsync("faults", options);

        var schedule = FaultSchedule.Draw(options.Seed, options.Kinds, Silos, Gateways);
        schedule = options.Duration is { } duration
            ? schedule.TakeWhile(_ => run.Elapsed < duration)
            : schedule.Take(options.Count ?? options.Kinds.Length);
        foreach (var fault in schedule)
        {
            await run.Faults.RunAsync(fault);
        }

        await run.FinishAsync();
    }

    [Fact]
    public async Task Cluster_KeepsItsPromises_WhenEveryProcessIsRestarted()
    {
        var options = ChaosOptions.Read();
        await using var run = await ChaosRun.StartAsync("rolling-restart", options);

        do
        {
            await run.Faults.RollAsync(FaultKind.RollingRestart);
        }
        while (run.Elapsed < options.Duration);

        await run.FinishAsync();
    }
}
