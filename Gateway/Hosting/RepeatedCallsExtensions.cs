namespace Realtime.Gateway.Hosting;

/// <summary>Adds the repetition of calls that the cluster rejected.</summary>
public static class RepeatedCallsExtensions
{
    /// <summary>Has this silo's grains call again what was rejected.</summary>
    /// <param name="silo">The silo.</param>
    public static ISiloBuilder AddRepeatedCalls(this ISiloBuilder silo) => silo.AddOutgoingGrainCallFilter(new RepeatedCalls(TimeProvider.System, isGateway: false));
}
