using Microsoft.Extensions.Options;
using Realtime.Gateway.Hosting;
using Realtime.Silo;

namespace Realtime.Tests.Cluster;

/// <summary>A bad setting stops a process at its start, with a sentence that names it.</summary>
public sealed class ClusterSettingsTests
{
    private const string Storage = "DefaultEndpointsProtocol=http;AccountName=a;AccountKey=c2VjcmV0;TableEndpoint=http://127.0.0.1:1/a;BlobEndpoint=http://127.0.0.1:1/a";

    [Theory]
    [InlineData("Realtime:Mode must be AllInOne or Silo, but is 'Gateway'.", "Realtime:Mode=Gateway")]
    [InlineData("Realtime:Documents:Store must be Postgres with Realtime:Mode=Silo", "Realtime:Documents:Store=Sqlite")]
    [InlineData("Realtime:Cluster:Storage must name the storage account", "Realtime:Cluster:Storage:ConnectionString=")]
    [InlineData("Realtime:Cluster:Storage is for Realtime:Mode=Silo", "Realtime:Mode=AllInOne")]
    [InlineData("urls (--urls, ASPNETCORE_URLS) must hold addresses", "urls=nonsense")]
    public void Silo_IsRefused_WhenASettingIsBad(string sentence, string setting)
    {
        var refused = Assert.Throws<OptionsValidationException>(() => SiloHost.Build(
            ["--Realtime:Mode=Silo", "--Realtime:Documents:Store=Postgres", $"--Realtime:Cluster:Storage:ConnectionString={Storage}", "--environment=Production", $"--{setting}"]));

        Assert.StartsWith(sentence, Assert.Single(refused.Failures), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Silo_IsRefused_WhenItsDocumentsHaveNoServer()
    {
        await using var silo = SiloHost.Build(
            ["--Realtime:Mode=Silo", "--Realtime:Documents:Store=Postgres", $"--Realtime:Cluster:Storage:ConnectionString={Storage}", "--environment=Production", "--urls=http://127.0.0.1:0"]);

        var refused = await Assert.ThrowsAsync<OptionsValidationException>(() => silo.StartAsync(TestContext.Current.CancellationToken));

        Assert.Contains("Realtime:Documents:ConnectionString must name", refused.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Realtime:Cluster:ClusterId must be lower-case letters", "Realtime:Cluster:ClusterId=No/Slash")]
    [InlineData("Realtime:Cluster:ServiceId must be lower-case letters", "Realtime:Cluster:ServiceId=")]
    [InlineData("Realtime:Cluster:AdvertisedAddress must be an IP address that other processes reach this one by, but is 'host'", "Realtime:Cluster:AdvertisedAddress=host")]
    [InlineData("Realtime:Cluster:AdvertisedAddress must be an IP address", "Realtime:Cluster:AdvertisedAddress=0.0.0.0")]
    [InlineData("Realtime:Cluster:SiloPort must be from 1 to 65535", "Realtime:Cluster:SiloPort=0")]
    [InlineData("Realtime:Cluster:GatewayPort must be from 1 to 65535 and differ", "Realtime:Cluster:GatewayPort=11111")]
    [InlineData("Realtime:Cluster:ProbeTimeout must be from", "Realtime:Cluster:ProbeTimeout=00:02:00")]
    [InlineData("Realtime:Cluster:MissedProbes must be from 1 to 100", "Realtime:Cluster:MissedProbes=0")]
    [InlineData("Realtime:Cluster:Votes must be from 1 to 10", "Realtime:Cluster:Votes=0")]
    [InlineData("Realtime:Cluster:Storage takes either", "Realtime:Cluster:Storage:TableServiceUri=https://a.example")]
    [InlineData("Realtime:Cluster:Storage:ConnectionString isn't", "Realtime:Cluster:Storage:ConnectionString=AccountName=a;AccountKey=secret")]
    [InlineData("Realtime:Cluster:Storage must name the storage account that the cluster shares", "Realtime:Cluster:Storage:ConnectionString=")]
    public void Gateway_IsRefused_WhenASettingIsBad(string sentence, string setting)
    {
        var refused = Assert.Throws<OptionsValidationException>(() => ClusterGateway.Build(
            [$"--Realtime:Cluster:Storage:ConnectionString={Storage}", "--environment=Production", $"--{setting}"]));

        Assert.StartsWith(sentence, Assert.Single(refused.Failures), StringComparison.Ordinal);
        Assert.DoesNotContain("secret", refused.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("TableServiceUri", "BlobServiceUri=http://a.example", "TableServiceUri=https://a.example")]
    [InlineData("TableServiceUri", "BlobServiceUri=https://a.example?sig=x", "TableServiceUri=https://a.example")]
    [InlineData("BlobServiceUri", "TableServiceUri=http://a.example", "BlobServiceUri=https://a.example")]
    public void Gateway_IsRefused_WhenAStorageAddressIsBad(string good, string bad, string rest)
    {
        var refused = Assert.Throws<OptionsValidationException>(() => ClusterGateway.Build(
            ["--environment=Production", $"--Realtime:Cluster:Storage:{bad}", $"--Realtime:Cluster:Storage:{rest}"]));

        var sentence = Assert.Single(refused.Failures);
        Assert.EndsWith("must be an https address without a query.", sentence, StringComparison.Ordinal);
        Assert.DoesNotContain(good, sentence, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Production")]
    [InlineData("Development")]
    public void Gateway_IsRefused_WhenItHasNoSigningKey(string environment)
    {
        var refused = Assert.Throws<OptionsValidationException>(() => ClusterGateway.Build(
            [$"--Realtime:Cluster:Storage:ConnectionString={Storage}", $"--environment={environment}"]));

        Assert.Contains("Realtime:SigningKeys must hold at least one key", refused.Message, StringComparison.Ordinal);
        Assert.Contains("all gateways of a cluster need the same", refused.Message, StringComparison.Ordinal);
    }
}
