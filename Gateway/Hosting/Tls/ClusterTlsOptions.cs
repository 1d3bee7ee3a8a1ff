namespace Realtime.Gateway.Hosting.Tls;

/// <summary>
/// Mutual TLS between the processes of a cluster, on the ports of silos and the connections of gateways. Off unless
/// the three paths are set, and then in all processes of the cluster.
/// </summary>
public sealed class ClusterTlsOptions
{
    /// <summary>File with this process's certificate (PEM), for servers and clients alike, and below it what lies between it and the authority.</summary>
    public string? CertificatePath { get; set; }

    /// <summary>File with the certificate's private key (PEM, not encrypted). A secret.</summary>
    public string? KeyPath { get; set; }

    /// <summary>File with the root certificates (PEM), of which one must have signed the other side's certificate.</summary>
    public string? AuthorityPath { get; set; }

    /// <summary>DNS name that the other side's certificate must bear; if unset, every certificate of the authority is accepted.</summary>
    public string? PeerName { get; set; }

    /// <summary>Whether connections are encrypted.</summary>
    public bool IsOn => !string.IsNullOrEmpty(CertificatePath);
}
