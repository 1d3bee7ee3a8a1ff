using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Realtime.Gateway.Hosting.Tls;

/// <summary>A process's certificate with its key, and the roots that it trusts: what a handshake needs.</summary>
internal sealed class CertificateSet
{
    private const string ServerAuthentication = "1.3.6.1.5.5.7.3.1";
    private const string ClientAuthentication = "1.3.6.1.5.5.7.3.2";

    private readonly X509Certificate2Collection _roots;
    private readonly string? _peerName;

    private CertificateSet(SslStreamCertificateContext own, X509Certificate2Collection roots, string? peerName)
    {
        Own = own;
        _roots = roots;
        _peerName = peerName;
    }

    /// <summary>The process's certificate and those between it and the root.</summary>
    public SslStreamCertificateContext Own { get; }

    /// <summary>Makes it of the files.</summary>
    /// <param name="files">What they hold.</param>
    /// <param name="peerName">See <see cref="ClusterTlsOptions.PeerName"/>.</param>
    /// <exception cref="InvalidDataException">No handshake could succeed with them; the message names the setting.</exception>
    public static CertificateSet Parse(CertificateFiles files, string? peerName)
    {
        var between = ParseCertificates(nameof(ClusterTlsOptions.CertificatePath), files.Certificate);
        between.RemoveAt(0);
        var roots = ParseCertificates(nameof(ClusterTlsOptions.AuthorityPath), files.Authority);
        var own = ParseOwn(files);
        RequireTrust(own, between, roots);
        return new CertificateSet(SslStreamCertificateContext.Create(own, between, offline: true), roots, peerName);
    }

    /// <summary>Settings of the side that was connected to.</summary>
    public SslServerAuthenticationOptions CreateServerOptions() => new()
    {
        ServerCertificateContext = Own,
        ClientCertificateRequired = true,
        EnabledSslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13,
        CertificateChainPolicy = CreatePolicy(_roots),
        RemoteCertificateValidationCallback = (_, certificate, _, errors) => IsPeer(certificate, errors),
        AllowRenegotiation = false,
        AllowTlsResume = false,
    };

    /// <summary>Settings of the side that connects.</summary>
    public SslClientAuthenticationOptions CreateClientOptions() => new()
    {
        TargetHost = _peerName ?? string.Empty,
        ClientCertificateContext = Own,
        EnabledSslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13,
        CertificateChainPolicy = CreatePolicy(_roots),
        RemoteCertificateValidationCallback = (_, certificate, _, errors) => IsPeer(certificate, errors),
        AllowRenegotiation = false,
        AllowTlsResume = false,
    };

    // Silos are reached by addresses that no certificate knows, so that the host's name says nothing; PeerName does, on both sides.
    private bool IsPeer(X509Certificate? certificate, SslPolicyErrors errors) =>
        (errors & ~SslPolicyErrors.RemoteCertificateNameMismatch) == SslPolicyErrors.None
        && certificate is X509Certificate2 peer
        && (string.IsNullOrEmpty(_peerName) || peer.MatchesHostname(_peerName, allowWildcards: false, allowCommonName: false));

    private static X509Certificate2Collection ParseCertificates(string setting, string pem)
    {
        var certificates = new X509Certificate2Collection();
        try
        {
            certificates.ImportFromPem(pem);
        }
        catch (CryptographicException)
        {
            certificates.Clear();
        }

        return certificates.Count > 0 ? certificates : throw CertificateFiles.CreateError(setting, "must name a file with certificates in PEM.");
    }

    private static X509Certificate2 ParseOwn(CertificateFiles files)
    {
        try
        {
            return X509Certificate2.CreateFromPem(files.Certificate, files.Key);
        }
        catch (Exception exception) when (exception is CryptographicException or ArgumentException)
        {
            throw CertificateFiles.CreateError(
                nameof(ClusterTlsOptions.KeyPath),
                $"must name a file with the private key of {nameof(ClusterTlsOptions.CertificatePath)}, in PEM and not encrypted.");
        }
    }

    private static void RequireTrust(X509Certificate2 own, X509Certificate2Collection between, X509Certificate2Collection roots)
    {
        using var chain = new X509Chain { ChainPolicy = CreatePolicy(roots) };
        chain.ChainPolicy.ExtraStore.AddRange(between);
        chain.ChainPolicy.ApplicationPolicy.Add(new Oid(ServerAuthentication));
        chain.ChainPolicy.ApplicationPolicy.Add(new Oid(ClientAuthentication));
        if (!chain.Build(own))
        {
            var reasons = string.Join(", ", chain.ChainStatus.Select(static status => status.Status).Distinct());
            throw CertificateFiles.CreateError(
                nameof(ClusterTlsOptions.CertificatePath),
                $"must hold a certificate that {nameof(ClusterTlsOptions.AuthorityPath)} has signed, for servers and clients alike, and that is valid now: {reasons}.");
        }
    }

    // A new one each time, as a handshake changes it.
    private static X509ChainPolicy CreatePolicy(X509Certificate2Collection roots)
    {
        var policy = new X509ChainPolicy
        {
            TrustMode = X509ChainTrustMode.CustomRootTrust,
            RevocationMode = X509RevocationMode.NoCheck,
            DisableCertificateDownloads = true,
        };
        policy.CustomTrustStore.AddRange(roots);
        return policy;
    }
}
