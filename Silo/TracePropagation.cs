using Realtime.Gateway.Telemetry;

namespace Realtime.Silo;

/// <summary>Has grain calls carry the trace that they belong to.</summary>
internal static class TracePropagation
{
    /// <summary>Adds it if traces are exported. It costs a little on every call.</summary>
    public static void AddTracePropagation(this ISiloBuilder silo)
    {
        if (TelemetryHost.ExportsTraces(silo.Configuration))
        {
            silo.AddActivityPropagation();
        }
    }
}
