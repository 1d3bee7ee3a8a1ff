using System.Globalization;
using Realtime.Tests.Chaos.Faults;

namespace Realtime.Tests.Chaos;

/// <summary>How hard and how long a run is. The environment says so, see docs/testing.md.</summary>
internal sealed record ChaosOptions
{
    /// <summary>Where the order and the lengths of faults, and what clients do, come from.</summary>
    public int Seed { get; init; } = 20261;

    /// <summary>Clients of all tenants together.</summary>
    public int Clients { get; init; } = 200;

    /// <summary>How long faults go on; null for each kind once, or as often as <see cref="Count"/> says.</summary>
    public TimeSpan? Duration { get; init; }

    /// <summary>How many faults happen; null if that isn't what ends the run.</summary>
    public int? Count { get; init; }

    /// <summary>Which faults are drawn.</summary>
    public FaultKind[] Kinds { get; init; } = FaultSchedule.Kinds;

    /// <summary>
    /// Reads the environment: <c>CHAOS_SEED</c>, <c>CHAOS_CLIENTS</c>, <c>CHAOS_MINUTES</c>, <c>CHAOS_COUNT</c>, and
    /// <c>CHAOS_FAULTS</c>, names separated by commas.
    /// </summary>
    public static ChaosOptions Read()
    {
        var defaults = new ChaosOptions();
        return new ChaosOptions
        {
            Seed = ReadNumber("CHAOS_SEED") is { } seed ? (int)seed : defaults.Seed,
            Clients = ReadNumber("CHAOS_CLIENTS") is { } clients ? (int)clients : defaults.Clients,
            Kinds = Environment.GetEnvironmentVariable("CHAOS_FAULTS") is { Length: > 0 } names
                ? [.. names.Split(',').Select(static name => Enum.Parse<FaultKind>(name, ignoreCase: true))]
                : defaults.Kinds,
            Count = ReadNumber("CHAOS_COUNT") is { } count ? (int)count : null,
            Duration = ReadNumber("CHAOS_MINUTES") is { } minutes ? TimeSpan.FromMinutes(minutes) : null,
        };
    }

    private static double? ReadNumber(string name) => Environment.GetEnvironmentVariable(name) is { Length: > 0 } text
        ? double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && number > 0
            ? number
            : throw new InvalidOperationException($"{name} is '{text}', and must be a number above 0.")
        : null;
}
