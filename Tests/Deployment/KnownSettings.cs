using System.Reflection;
using Realtime.Channels;
using Realtime.Documents;
using Realtime.Gateway;
using Realtime.Gateway.Connections;
using Realtime.Gateway.Hosting;
using Realtime.Gateway.Telemetry;
using Realtime.Silo;
using Realtime.Users;

namespace Realtime.Tests.Deployment;

/// <summary>Which settings exist: the properties of the options classes.</summary>
internal static class KnownSettings
{
    /// <summary>How often an idle thread spins before it sleeps, in the runtime's environment: 0 in a cluster (docs/performance.md).</summary>
    public const string IdleSpins = "DOTNET_ThreadPool_UnfairSemaphoreSpinLimit";

    private static readonly (string Section, Type Options)[] Sections =
    [
        (ClusterOptions.Section, typeof(ClusterOptions)),
        (DocumentOptions.Section, typeof(DocumentOptions)),
        (PostgresOptions.Section, typeof(PostgresOptions)),
        (LimitOptions.Section, typeof(LimitOptions)),
        (TelemetryOptions.Section, typeof(TelemetryOptions)),
        (ChannelOptions.Section, typeof(ChannelOptions)),
        (PasswordOptions.Section, typeof(PasswordOptions)),
        (RealtimeOptions.Section, typeof(RealtimeOptions)),
        (SiloOptions.Section, typeof(SiloOptions)),
    ];

    /// <summary>Whether a variable of the environment is a setting of ours that exists, or isn't ours.</summary>
    /// <param name="variable">Such as <c>Realtime__Cluster__ClusterId</c>.</param>
    public static bool Exists(string variable)
    {
        var path = variable.Replace("__", ":", StringComparison.Ordinal);
        return !path.StartsWith("Realtime", StringComparison.OrdinalIgnoreCase)
            || path == SiloModes.Setting
            || path.StartsWith("Realtime:Plans:", StringComparison.Ordinal)
            || Sections.Any(section => path.StartsWith(section.Section + ':', StringComparison.Ordinal)
                && HasProperty(section.Options, path[(section.Section.Length + 1)..].Split(':')));
    }

    private static bool HasProperty(Type type, ReadOnlySpan<string> path)
    {
        if (path.IsEmpty)
        {
            return true;
        }

        if (type.IsGenericType && type.GetGenericTypeDefinition() == typeof(IList<>))
        {
            return int.TryParse(path[0], out _) && HasProperty(type.GetGenericArguments()[0], path[1..]);
        }

        return type.GetProperty(path[0], BindingFlags.Public | BindingFlags.Instance) is { } property
            && HasProperty(property.PropertyType, path[1..]);
    }
}
