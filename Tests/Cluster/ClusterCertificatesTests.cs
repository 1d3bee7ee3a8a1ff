using Microsoft.Extensions.Logging.Testing;
using Microsoft.Extensions.Options;
using Realtime.Gateway.Hosting;
using Realtime.Gateway.Hosting.Tls;

namespace Realtime.Tests.Cluster;

/// <summary>The files of a process's certificates: what is refused at the start, and how they are changed while it runs.</summary>
public sealed class ClusterCertificatesTests : IDisposable
{
    private const string Tls = "Realtime:Cluster:Tls";

    private readonly string _folder = Directory.CreateTempSubdirectory("realtime-tls-").FullName;
    private readonly TestAuthority _authority = new();
    private readonly FakeLogger _logger = new();

    [Theory]
    [InlineData("Realtime:Cluster:Tls needs CertificatePath, KeyPath and AuthorityPath together.", "KeyPath", "")]
    [InlineData("Realtime:Cluster:Tls needs CertificatePath, KeyPath and AuthorityPath together.", "CertificatePath", "")]
    [InlineData("Realtime:Cluster:Tls:AuthorityPath names a file that can't be read: 'none.crt'.", "AuthorityPath", "none.crt")]
    [InlineData("Realtime:Cluster:Tls:PeerName must be a DNS name.", "PeerName", "no name")]
    public void Start_IsRefused_WhenASettingIsBad(string sentence, string setting, string value)
    {
        var settings = _authority.Write(_folder);

        Assert.Equal(sentence, Refuse([.. settings, ($"{Tls}:{setting}", value)]));
    }

    [Theory]
    [InlineData("Realtime:Cluster:Tls:CertificatePath must name a file with certificates in PEM.", "tls.crt")]
    [InlineData("Realtime:Cluster:Tls:KeyPath must name a file with the private key of CertificatePath, in PEM and not encrypted.", "tls.key")]
    [InlineData("Realtime:Cluster:Tls:AuthorityPath must name a file with certificates in PEM.", "ca.crt")]
    public void Start_IsRefused_WhenAFileIsBad(string sentence, string file)
    {
        var settings = _authority.Write(_folder);
        File.WriteAllText(Path.Combine(_folder, file), "-----BEGIN CERTIFICATE-----\nsecret\n-----END CERTIFICATE-----\n");

        Assert.Equal(sentence, Refuse(settings));
    }

    [Fact]
    public void Start_IsRefused_WhenTheKeyIsThatOfAnotherCertificate()
    {
        var settings = _authority.Write(_folder);
        var key = File.ReadAllText(PathOf("tls.key"));
        _authority.Write(_folder);
        File.WriteAllText(PathOf("tls.key"), key);

        Assert.StartsWith($"{Tls}:KeyPath must name a file with the private key of CertificatePath", Refuse(settings), StringComparison.Ordinal);
    }

    [Fact]
    public void Start_IsRefused_WhenTheAuthorityHasNotSignedTheCertificate()
    {
        var settings = _authority.Write(_folder);
        var certificate = (File.ReadAllText(PathOf("tls.crt")), File.ReadAllText(PathOf("tls.key")));
        using var other = new TestAuthority();
        other.Write(_folder);
        File.WriteAllText(PathOf("tls.crt"), certificate.Item1);
        File.WriteAllText(PathOf("tls.key"), certificate.Item2);

        Assert.StartsWith($"{Tls}:CertificatePath must hold a certificate that AuthorityPath has signed", Refuse(settings), StringComparison.Ordinal);
    }

    [Fact]
    public void Start_IsRefused_WhenTheCertificateHasEnded() =>
        Assert.EndsWith("NotTimeValid.", Refuse(_authority.Write(_folder, DateTimeOffset.UtcNow.AddHours(-1))), StringComparison.Ordinal);

    [Fact]
    public void Connections_UseTheNewCertificate_WhenTheFilesHaveChanged()
    {
        var certificates = new ClusterCertificates(Read(_authority.Write(_folder)).Tls);
        var before = certificates.ReadCurrent(_logger).Own.TargetCertificate.Thumbprint;

        _authority.Write(_folder);

        Assert.NotEqual(before, certificates.ReadCurrent(_logger).Own.TargetCertificate.Thumbprint);
    }

    [Fact]
    public void Connections_UseTheOldCertificate_WhenTheNewFilesAreBad()
    {
        var certificates = new ClusterCertificates(Read(_authority.Write(_folder)).Tls);
        var before = certificates.ReadCurrent(_logger);

        File.WriteAllText(PathOf("tls.key"), "secret");
        var half = certificates.ReadCurrent(_logger);
        File.Delete(PathOf("tls.key"));

        Assert.Same(before, half);
        Assert.Same(before, certificates.ReadCurrent(_logger));
        var logged = _logger.Collector.GetSnapshot();
        Assert.All(logged, static line => Assert.Equal(LogLevel.Warning, line.Level));
        Assert.Equal(2, logged.Count(static line => line.Message.Contains("Realtime:Cluster:Tls:KeyPath", StringComparison.Ordinal)));
        Assert.DoesNotContain(logged, static line => line.Message.Contains("secret", StringComparison.Ordinal));
    }

    public void Dispose()
    {
        _authority.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    private static string Refuse((string Key, string Value)[] settings)
    {
        var refused = Assert.Throws<OptionsValidationException>(() => Read(settings));
        return Assert.Single(refused.Failures);
    }

    private static ClusterOptions Read((string Key, string Value)[] settings)
    {
        var all = new Dictionary<string, string?> { ["Realtime:Cluster:Storage:ConnectionString"] = "UseDevelopmentStorage=true" };
        foreach (var (key, value) in settings)
        {
            all[key] = value;
        }

        return ClusterOptions.Read(new ConfigurationBuilder().AddInMemoryCollection(all).Build());
    }

    private string PathOf(string file) => Path.Combine(_folder, file);
}
