using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Realtime.Tests.Cluster;

/// <summary>An authority that signs certificates for the processes of one cluster.</summary>
public sealed class TestAuthority : IDisposable
{
    /// <summary>The name that <see cref="Issue"/> gives if no other is asked for.</summary>
    public const string ProcessName = "process.realtime.test";

    private readonly ECDsa _key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
    private readonly X509Certificate2 _root;

    public TestAuthority()
    {
        var request = new CertificateRequest($"CN=authority {Guid.NewGuid():N}", _key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(X509BasicConstraintsExtension.CreateForCertificateAuthority());
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign, critical: true));
        _root = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-3), DateTimeOffset.UtcNow.AddDays(3));
    }

    /// <summary>A certificate for servers and clients, with its key.</summary>
    /// <param name="name">The name that it bears.</param>
    /// <param name="end">When it ends; in a day if null.</param>
    public X509Certificate2 Issue(string name = ProcessName, DateTimeOffset? end = null)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid("1.3.6.1.5.5.7.3.1"), new Oid("1.3.6.1.5.5.7.3.2")], critical: false));
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName(name);
        request.CertificateExtensions.Add(names.Build());
        using var certificate = request.Create(
            _root, DateTimeOffset.UtcNow.AddDays(-2), end ?? DateTimeOffset.UtcNow.AddDays(1), RandomNumberGenerator.GetBytes(8));
        return certificate.CopyWithPrivateKey(key);
    }

    /// <summary>Issues a certificate and writes the three files of a process over those that were there.</summary>
    /// <param name="folder">Where.</param>
    /// <param name="end">When it ends; in a day if null.</param>
    /// <returns>The settings that name them.</returns>
    public (string Key, string Value)[] Write(string folder, DateTimeOffset? end = null)
    {
        using var certificate = Issue(end: end);
        using var key = certificate.GetECDsaPrivateKey()!;
        return
        [
            Write("CertificatePath", "tls.crt", certificate.ExportCertificatePem()),
            Write("KeyPath", "tls.key", key.ExportPkcs8PrivateKeyPem()),
            Write("AuthorityPath", "ca.crt", _root.ExportCertificatePem()),
        ];

        (string Key, string Value) Write(string setting, string file, string pem)
        {
            var path = Path.Combine(folder, file);
            File.WriteAllText(path, pem);
            return ($"Realtime:Cluster:Tls:{setting}", path);
        }
    }

    public void Dispose()
    {
        _root.Dispose();
        _key.Dispose();
    }
}
