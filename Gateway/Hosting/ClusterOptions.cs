using Microsoft.Extensions.Options;
using Realtime.Gateway.Hosting.Tls;

namespace Realtime.Gateway.Hosting;

/// <summary>
/// The cluster that a silo or a gateway process belongs to; the same in all of them. Section <see cref="Section"/>.
/// </summary>
public sealed class ClusterOptions
{
    /// <summary>Name of the configuration section.</summary>
    public const string Section = "Realtime:Cluster";

    /// <summary>Name that silos and gateways of one cluster share; default <c>realtime</c>. Lower-case letters, digits, single hyphens.</summary>
    public string ClusterId { get; set; } = "realtime";

    /// <summary>Name that the stored state is kept under; default <c>realtime</c>. It outlives clusters, and another one starts empty.</summary>
    public string ServiceId { get; set; } = "realtime";

    /// <summary>Where the cluster keeps its membership and the grains' state.</summary>
    public ClusterStorageOptions Storage { get; } = new();

    /// <summary>Mutual TLS between the cluster's processes; default off.</summary>
    public ClusterTlsOptions Tls { get; } = new();

    /// <summary>
    /// IP address by which other processes reach this silo. Default: <c>POD_IP</c> of the environment; else the loopback
    /// address in development and the host's first other IPv4 address elsewhere.
    /// </summary>
    public string? AdvertisedAddress { get; set; }

    /// <summary>Port at which silos reach this silo; default 11111.</summary>
    public int SiloPort { get; set; } = 11111;

    /// <summary>Port at which gateway processes reach this silo; default 30000.</summary>
    public int GatewayPort { get; set; } = 30000;

    /// <summary>How often silos probe each other, and how long they wait for an answer; default 1 s.</summary>
    public TimeSpan ProbeTimeout { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>Probes without an answer after which a silo suspects another; default 2.</summary>
    public int MissedProbes { get; set; } = 2;

    /// <summary>Silos that must suspect another before it counts as dead, if there are that many; default 2.</summary>
    public int Votes { get; set; } = 2;

    /// <summary>
    /// Whether silos also watch their pods by Kubernetes' API; default false. Without rights to read pods a silo doesn't start.
    /// </summary>
    public bool Kubernetes { get; set; }

    /// <summary>Reads the section and checks it, before anything is made of it.</summary>
    /// <param name="configuration">The process's configuration.</param>
    /// <exception cref="OptionsValidationException">A setting is missing or bad.</exception>
    public static ClusterOptions Read(IConfiguration configuration)
    {
        var options = new ClusterOptions();
        configuration.GetSection(ClusterOptions.Section).Bind(options);
        var outcome = new ClusterOptionsValidator().Validate(null, options);
        return outcome.Failed
            ? throw new OptionsValidationException(ClusterOptions.Section, typeof(ClusterOptions), outcome.Failures)
            : options;
    }
}

/// <summary>
/// A storage account of Azure, or its emulator: either <see cref="ConnectionString"/>, or both addresses, which are used
/// with the process's own identity (on AKS its workload identity).
/// </summary>
public sealed class ClusterStorageOptions
{
    /// <summary>The account's connection string. A secret.</summary>
    public string? ConnectionString { get; set; }

    /// <summary>The account's table address, such as <c>https://account.table.core.windows.net</c>.</summary>
    public Uri? TableServiceUri { get; set; }

    /// <summary>The account's blob address, such as <c>https://account.blob.core.windows.net</c>.</summary>
    public Uri? BlobServiceUri { get; set; }
}
