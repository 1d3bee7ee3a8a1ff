using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using Realtime.Tests.Documents;
using Realtime.Tests.Infrastructure;

namespace Realtime.Tests.Cluster;

/// <summary>Two silos and a gateway that show each other certificates, and those who have none or a wrong one.</summary>
public sealed class ClusterTlsTests(ClusterTlsTests.Processes shared) : IClassFixture<ClusterTlsTests.Processes>
{
    private static readonly TimeSpan JoinLimit = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task Messages_ReachMembers_WhenTheProcessesTrustEachOther()
    {
        await using var gateway = shared.Cluster.Connect(0);
        var database = await gateway.Operator.CreateDatabaseAsync(gateway, await gateway.Operator.CreateTenantAsync("test"));
        await using var first = await database.ConnectMemberAsync(Transport.WebSocket, "lobby");
        await using var second = await database.ConnectMemberAsync(Transport.ServerSentEvents, "lobby");

        // Longer than a record of TLS.
        var text = new string('x', 40_000);
        await first.PublishAsMemberAsync("lobby", text);

        await second.ExpectChanOutAsync(first, "lobby", text);
    }

    [Theory]
    [InlineData(true, null, false)]
    [InlineData(true, TestAuthority.ProcessName, true)]
    [InlineData(true, "other.realtime.test", false)]
    [InlineData(false, null, false)]
    [InlineData(false, TestAuthority.ProcessName, true)]
    [InlineData(false, "other.realtime.test", false)]
    public async Task Stranger_IsRefused_WhenItsCertificateIsNotThatOfAProcess(bool siloPort, string? name, bool isOfOtherAuthority)
    {
        using var certificate = name is null ? null : (isOfOtherAuthority ? shared.OtherAuthority : shared.Authority).Issue(name);
        using var stranger = new TcpClient(AddressFamily.InterNetwork);
        await stranger.ConnectAsync(IPAddress.Loopback, siloPort ? shared.SiloPort : shared.GatewayPort, TestContext.Current.CancellationToken);
        var address = stranger.Client.LocalEndPoint!.ToString()!;

        Assert.Equal(0, await ReadAsync(stranger, certificate));
        await ExpectRefusalAsync($"Refused a connection from {address}, as its TLS handshake failed");
    }

    [Fact]
    public async Task Silo_Answers_WhenTheCertificateIsThatOfAProcess()
    {
        using var certificate = shared.Authority.Issue();
        using var peer = new TcpClient(AddressFamily.InterNetwork);
        await peer.ConnectAsync(IPAddress.Loopback, shared.SiloPort, TestContext.Current.CancellationToken);

        Assert.NotEqual(0, await ReadAsync(peer, certificate));
    }

    [Fact]
    public async Task Gateway_CannotJoin_WhenItSpeaksPlainText()
    {
        await using var plain = shared.Cluster.StartGateway(
            [.. shared.Settings.Select(static setting => (setting.Key, "")), ("Realtime:Cluster:Tls:PeerName", "")]);

        await Eventually.TrueAsync(
            async () => (await plain.ReadLogAsync()).Contains("Waiting for a silo", StringComparison.Ordinal), $"{plain.Name} to fail", JoinLimit);

        await ExpectRefusalAsync("frame");
        Assert.NotEqual(HttpStatusCode.OK, await plain.GetHealthAsync("ready"));
    }

    [Fact]
    public async Task Silo_EndsInOrder_WhenItsConnectionsAreEncrypted()
    {
        await using var silo = await shared.Cluster.StartSilo().ReadyAsync();

        await silo.TerminateAsync();

        Assert.Equal(0, await silo.ExitAsync(JoinLimit));
        Assert.DoesNotContain("Exception terminating connection", await silo.ReadLogAsync(), StringComparison.Ordinal);
    }

    /// <summary>Handshakes with a silo and reads what it says first.</summary>
    /// <returns>Number of bytes; 0 if it closes the connection.</returns>
    private static async Task<int> ReadAsync(TcpClient client, X509Certificate2? certificate)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        limit.CancelAfter(Eventually.Bound);
        await using var tls = new SslStream(client.GetStream());
        try
        {
            await tls.AuthenticateAsClientAsync(
                new SslClientAuthenticationOptions
                {
                    TargetHost = TestAuthority.ProcessName,
                    ClientCertificateContext = certificate is null ? null : SslStreamCertificateContext.Create(certificate, null, offline: true),
                    RemoteCertificateValidationCallback = static (_, silo, _, _) => silo is not null,
                },
                limit.Token);
            return await tls.ReadAsync(new byte[64], limit.Token);
        }
        catch (Exception exception) when (exception is IOException or System.Security.Authentication.AuthenticationException)
        {
            return 0;
        }
    }

    private Task ExpectRefusalAsync(string text) => Eventually.TrueAsync(
        async () =>
        {
            foreach (var silo in shared.Cluster.Silos)
            {
                if ((await silo.ReadLogAsync()).Split('\n').Any(line => line.Contains("Refused", StringComparison.Ordinal) && line.Contains(text, StringComparison.Ordinal)))
                {
                    return true;
                }
            }

            return false;
        },
        $"a silo to log '{text}'");

    /// <summary>The cluster of this class.</summary>
    public sealed class Processes(PostgresServer postgres) : IAsyncLifetime
    {
        private readonly string _folder = Directory.CreateTempSubdirectory("realtime-tls-").FullName;

        public TestAuthority Authority { get; } = new();

        public TestAuthority OtherAuthority { get; } = new();

        public int SiloPort { get; } = FreePorts.Next();

        public int GatewayPort { get; } = FreePorts.Next();

        public (string Key, string Value)[] Settings { get; private set; } = [];

        public ProcessCluster Cluster { get; private set; } = null!;

        public async ValueTask InitializeAsync()
        {
            Settings = Authority.Write(_folder);
            Cluster = await ProcessCluster.StartAsync(
                postgres, silos: 0, gateways: 0, [.. Settings, ("Realtime:Cluster:Tls:PeerName", TestAuthority.ProcessName)]);
            ServerProcess[] processes =
            [
                Cluster.StartSilo(("Realtime:Cluster:SiloPort", $"{SiloPort}"), ("Realtime:Cluster:GatewayPort", $"{GatewayPort}")),
                Cluster.StartSilo(),
                Cluster.StartGateway(),
            ];
            try
            {
                await Task.WhenAll(processes.Select(static process => process.ReadyAsync()));
            }
            catch
            {
                Cluster.KeepsLogs = true;
                await DisposeAsync();
                throw;
            }
        }

        public async ValueTask DisposeAsync()
        {
            await Cluster.DisposeAsync();
            Authority.Dispose();
            OtherAuthority.Dispose();
            Directory.Delete(_folder, recursive: true);
        }
    }
}
