using Microsoft.Extensions.Options;
using Realtime.Silo;

namespace Realtime.Tests.Deployment;

/// <summary>The setting that has silos watch their pods.</summary>
public sealed class KubernetesHostingTests
{
    [Fact]
    public void Silo_IsNotBuilt_WhenItsEnvironmentIsNoPod()
    {
        var refused = Assert.Throws<OptionsValidationException>(static () => SiloHost.Build(
        [
            "--environment", "Production",
            "--Realtime:Mode", "Silo",
            "--Realtime:Documents:Store", "Postgres",
            "--Realtime:Documents:ConnectionString", "Host=localhost",
            "--Realtime:Cluster:Storage:ConnectionString", "UseDevelopmentStorage=true",
            "--Realtime:Cluster:AdvertisedAddress", "127.0.0.1",
            "--Realtime:Cluster:Kubernetes", "true",
        ]));

        Assert.Contains("Realtime:Cluster:Kubernetes needs POD_NAME, POD_NAMESPACE", refused.Message, StringComparison.Ordinal);
    }
}
