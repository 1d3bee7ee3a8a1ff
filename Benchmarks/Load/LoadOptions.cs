namespace Realtime.Benchmarks.Load;

/// <summary>What the command line says.</summary>
internal sealed class LoadOptions
{
    /// <summary>Servers, separated by commas.</summary>
    public string Targets { get; set; } = "realtime,raw,signalr";

    /// <summary>Workloads, separated by commas.</summary>
    public string Workloads { get; set; } = "fanout,fanout-max,rooms,rooms-max,ping,ping64,idle";

    /// <summary>Alternating runs of each.</summary>
    public int Rounds { get; set; } = 3;

    /// <summary>Length of what is measured, in seconds.</summary>
    public double Seconds { get; set; } = 5;

    /// <summary>What comes before it, in seconds.</summary>
    public double WarmUp { get; set; } = 6;

    /// <summary>Divides numbers of clients and rates, for a look.</summary>
    public int Scale { get; set; } = 1;

    /// <summary>Length of a message's data in bytes.</summary>
    public int DataBytes { get; set; } = 64;

    /// <summary>The file that results are written to; with <c>table</c> and <c>plot</c> those to read, separated by commas.</summary>
    public string? Json { get; set; }

    /// <summary>Where a picture goes.</summary>
    public string? Svg { get; set; }

    /// <summary>Instead of starting a server: the addresses of one that runs, separated by commas.</summary>
    public string? Url { get; set; }

    /// <summary>Process ids of that server, separated by commas.</summary>
    public string? Pids { get; set; }

    /// <summary>Its operator key, with this backend.</summary>
    public string OperatorKey { get; set; } = "safe-to-use-in-dev-operator-key";

    /// <summary>A plan of it without a limit that matters, with this backend.</summary>
    public string Plan { get; set; } = "growth";

    /// <summary>Deliveries per second instead of the workload's own.</summary>
    public double? Rate { get; set; }
}
