using Realtime.Benchmarks.Load.Clients;

namespace Realtime.Benchmarks.Load.Workloads;

/// <summary>How long to publish to whom.</summary>
/// <param name="Workload">The workload's name.</param>
/// <param name="Shape">The clients.</param>
/// <param name="WarmUp">What comes before it counts.</param>
/// <param name="Length">What counts.</param>
internal sealed record FanoutRun(string Workload, FleetShape Shape, TimeSpan WarmUp, TimeSpan Length);
