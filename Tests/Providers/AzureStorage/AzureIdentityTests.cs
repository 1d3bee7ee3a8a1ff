using System.Buffers.Text;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using Azure.Core;
using Azure.Core.Pipeline;
using Azure.Data.Tables;
using Azure.Storage.Blobs;
using Microsoft.Extensions.Options;
using Orleans.Configuration;
using Orleans.Serialization;
using Orleans.Serialization.Serializers;
using Orleans.Storage;
using Realtime.Providers.AzureStorage;

namespace Realtime.Tests.Providers.AzureStorage;

/// <summary>The way of a workload identity: a service address and tokens instead of a key, against an emulator with TLS.</summary>
public sealed class AzureIdentityTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("realtime-tests-").FullName;

    [Fact]
    public async Task State_IsKept_WhenTheServiceWantsTokens()
    {
        using var certificate = WriteCertificate();
        await using var azurite = await AzuriteProcess.StartAsync("--oauth", "basic", "--cert", PathOf("cert.pem"), "--key", PathOf("key.pem"));
        using var handler = new HttpClientHandler { ServerCertificateCustomValidationCallback = (_, server, _, _) => server!.Thumbprint == certificate.Thumbprint };
        using var transport = new HttpClientTransport(handler);
        await using var services = new ServiceCollection().AddSerializer().BuildServiceProvider();
        var serializer = new OrleansGrainStorageSerializer(services.GetRequiredService<Serializer>());
        var activators = services.GetRequiredService<IActivatorProvider>();
        var credential = new TestCredential();
        var tables = new AzureTableGrainStorage(
            "tables",
            new AzureTableStorageOptions { ServiceUri = azurite.TableUri, Credential = credential, ClientOptions = Azurite.Bounded(new TableClientOptions { Transport = transport }), GrainStorageSerializer = serializer },
            Options.Create(new ClusterOptions()),
            activators);
        var blobs = new AzureBlobGrainStorage(
            "blobs",
            new AzureBlobStorageOptions { ServiceUri = azurite.BlobUri, Credential = credential, ClientOptions = Azurite.Bounded(new BlobClientOptions { Transport = transport }), GrainStorageSerializer = serializer },
            activators);
        await tables.OpenAsync(TestContext.Current.CancellationToken);
        await blobs.OpenAsync(TestContext.Current.CancellationToken);

        foreach (var storage in (IGrainStorage[])[tables, blobs])
        {
            var grainId = GrainId.Create("test", "identity");
            await storage.WriteStateAsync("state", grainId, new GrainState<string>("kept"));
            var read = new GrainState<string>();
            await storage.ReadStateAsync("state", grainId, read);
            Assert.Equal("kept", read.State);
        }

        Assert.Contains("https://storage.azure.com/.default", credential.Scopes);
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private X509Certificate2 WriteCertificate()
    {
        using var key = RSA.Create(2048);
        var certificate = new CertificateRequest("CN=azurite", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1)
            .CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
        File.WriteAllText(PathOf("cert.pem"), certificate.ExportCertificatePem());
        File.WriteAllText(PathOf("key.pem"), key.ExportPkcs8PrivateKeyPem());
        return certificate;
    }

    private string PathOf(string name) => Path.Combine(_folder, name);

    /// <summary>Tokens without a signature, which the emulator doesn't check.</summary>
    private sealed class TestCredential : TokenCredential
    {
        public HashSet<string> Scopes { get; } = [];

        public override ValueTask<AccessToken> GetTokenAsync(TokenRequestContext requestContext, CancellationToken cancellationToken) =>
            ValueTask.FromResult(GetToken(requestContext, cancellationToken));

        public override AccessToken GetToken(TokenRequestContext requestContext, CancellationToken cancellationToken)
        {
            Scopes.UnionWith(requestContext.Scopes);
            var now = DateTimeOffset.UtcNow;
            var claims = new Dictionary<string, object>
            {
                ["aud"] = "https://storage.azure.com",
                ["iss"] = "https://sts.windows.net/00000000-0000-0000-0000-000000000000/",
                ["nbf"] = now.AddMinutes(-5).ToUnixTimeSeconds(),
                ["iat"] = now.AddMinutes(-5).ToUnixTimeSeconds(),
                ["exp"] = now.AddHours(1).ToUnixTimeSeconds(),
            };
            var token = $"{Encode(new { alg = "RS256", typ = "JWT" })}.{Encode(claims)}.{Base64Url.EncodeToString("unsigned"u8)}";
            return new AccessToken(token, now.AddHours(1));
        }

        private static string Encode<T>(T value) => Base64Url.EncodeToString(JsonSerializer.SerializeToUtf8Bytes(value));
    }
}
