using System.Diagnostics;
using Realtime.Tests.Clients;
using YamlDotNet.Core;
using YamlDotNet.Serialization;

namespace Realtime.Tests.Deployment;

/// <summary>docker/compose.yaml, as far as it can be looked at without an engine.</summary>
public sealed class ComposeTests
{
    private static string File { get; } = Path.Combine(Checkout.Root, "docker", "compose.yaml");

    [Fact]
    public async Task Compose_AcceptsTheFile()
    {
        using var compose = Process.Start(new ProcessStartInfo("docker-compose", ["-f", File, "config", "-q"]) { RedirectStandardError = true })!;
        var errors = await compose.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        await compose.WaitForExitAsync(TestContext.Current.CancellationToken);

        Assert.True(compose.ExitCode == 0, errors);
    }

    [Fact]
    public void Processes_HaveSettingsThatExist_AndAddressesThatAreTheirs()
    {
        var services = ReadServices();
        Assert.Equal(["azurite", "gateway-1", "gateway-2", "postgres", "silo-1", "silo-2"], services.Keys.Select(static key => (string)key).Order());
        foreach (var (name, service) in services.Where(static service => (string)service.Key is not ("azurite" or "postgres")))
        {
            var variables = Map(Map(service)["environment"]);
            Assert.All(variables.Keys, variable => Assert.True(KnownSettings.Exists((string)variable), $"there is no setting {variable}"));
            Assert.Contains((string)Map(service)["image"], Dockerfile.Targets.Select(static target => $"realtime-{target}"));
            Assert.Contains("/health/ready", string.Join(' ', (List<object>)Map(Map(service)["healthcheck"])["test"]), StringComparison.Ordinal);
            Assert.Equal("true", Map(service)["read_only"]);
            if (((string)name).StartsWith("silo", StringComparison.Ordinal))
            {
                Assert.Equal(("Silo", "0"), (variables["Realtime__Mode"], variables[KnownSettings.IdleSpins]));
                Assert.Equal(Map(Map(Map(service)["networks"])["cluster"])["ipv4_address"], variables["Realtime__Cluster__AdvertisedAddress"]);
            }
            else
            {
                Assert.EndsWith($":{Dockerfile.HttpPort}", (string)Assert.Single((List<object>)Map(service)["ports"]), StringComparison.Ordinal);
            }
        }
    }

    private static Dictionary<object, object> ReadServices()
    {
        // Anchors and their merging are a feature of the reader.
        var reader = new MergingParser(new Parser(new StringReader(System.IO.File.ReadAllText(File))));
        return Map(new DeserializerBuilder().Build().Deserialize<Dictionary<object, object>>(reader)["services"]);
    }

    private static Dictionary<object, object> Map(object value) => (Dictionary<object, object>)value;

    private static Dictionary<object, object> Map(KeyValuePair<object, object> pair) => Map(pair.Value);
}
