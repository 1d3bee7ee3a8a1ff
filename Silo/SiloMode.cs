using Microsoft.Extensions.Options;

namespace Realtime.Silo;

/// <summary>What the process hosts: setting <see cref="SiloModes.Setting"/>.</summary>
public enum SiloMode
{
    /// <summary>Silo, gateway and embedded storage; the default.</summary>
    AllInOne,

    /// <summary>The silo alone: one of a cluster that gateway processes connect to.</summary>
    Silo,
}

/// <summary>Reads the mode.</summary>
internal static class SiloModes
{
    public const string Setting = "Realtime:Mode";

    /// <exception cref="OptionsValidationException">It isn't one.</exception>
    public static SiloMode Read(IConfiguration configuration) => configuration[Setting] switch
    {
        null or "" => SiloMode.AllInOne,
        var mode when mode.Equals(nameof(SiloMode.AllInOne), StringComparison.OrdinalIgnoreCase) => SiloMode.AllInOne,
        var mode when mode.Equals(nameof(SiloMode.Silo), StringComparison.OrdinalIgnoreCase) => SiloMode.Silo,
        var mode => throw new OptionsValidationException(
            Setting, typeof(SiloMode), [$"{Setting} must be {nameof(SiloMode.AllInOne)} or {nameof(SiloMode.Silo)}, but is '{mode}'."]),
    };
}
