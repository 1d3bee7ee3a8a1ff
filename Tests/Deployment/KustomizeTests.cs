using k8s;
using k8s.Models;

namespace Realtime.Tests.Deployment;

/// <summary>What <c>kubectl apply -k</c> would send.</summary>
public sealed class KustomizeTests
{
    [Theory]
    [InlineData("cluster")]
    [InlineData("all-in-one")]
    [InlineData("kubernetes-hosting")]
    public async Task Kustomization_IsValid_AndEverythingIsInItsNamespace(string name)
    {
        var objects = Manifests.Parse(await RenderAsync(name));

        Assert.InRange(objects.Count, 8, 40);
        Assert.All(
            objects.Cast<IKubernetesObject<V1ObjectMeta>>().Where(static item => item is not V1Namespace),
            static item => Assert.Equal("realtime", item.Metadata.NamespaceProperty));
        Assert.All(
            objects.OfType<V1Deployment>().Select(static item => item.Spec.Template).Concat(objects.OfType<V1StatefulSet>().Select(static item => item.Spec.Template)),
            static pod => Assert.Matches("^REGISTRY.azurecr.io/realtime-(silo|gateway):1$", pod.Spec.Containers[0].Image));
    }

    [Fact]
    public async Task KubernetesHosting_GivesSilosWhatOrleansAsksFor_AndKeepsTheRest()
    {
        var objects = Manifests.Parse(await RenderAsync("kubernetes-hosting"));
        var silo = Assert.Single(objects.OfType<V1Deployment>(), static item => item.Name() == "realtime-silo").Spec.Template;
        var variables = silo.Spec.Containers[0].Env.ToDictionary(static env => env.Name);

        Assert.All(["POD_NAME", "POD_NAMESPACE", "POD_IP", "ORLEANS_SERVICE_ID", "ORLEANS_CLUSTER_ID"], variable => Assert.Contains(variable, variables.Keys));
        Assert.Equal(("Silo", "true"), (variables["Realtime__Mode"].Value, variables["Realtime__Cluster__Kubernetes"].Value));
        Assert.All(variables.Keys, static variable => Assert.True(KnownSettings.Exists(variable), $"there is no setting {variable}"));

        // Orleans finds its pods by these, and takes its own ids from them.
        var settings = Assert.Single(objects.OfType<V1ConfigMap>()).Data;
        Assert.Equal(
            (settings["Realtime__Cluster__ServiceId"], settings["Realtime__Cluster__ClusterId"]),
            (silo.Metadata.Labels["orleans/serviceId"], silo.Metadata.Labels["orleans/clusterId"]));
        var role = Assert.Single(objects.OfType<V1Role>());
        Assert.Equal(["get", "list", "patch", "watch"], Assert.Single(role.Rules, static rule => rule.Resources.Contains("pods")).Verbs.Order());
        var binding = Assert.Single(objects.OfType<V1RoleBinding>());
        Assert.Equal((role.Name(), silo.Spec.ServiceAccountName), (binding.RoleRef.Name, binding.Subjects[0].Name));
        Assert.True(silo.Spec.AutomountServiceAccountToken);
    }

    private static Task<string> RenderAsync(string name)
    {
        var folder = Path.Combine(Manifests.Root, name);
        return name == "kubernetes-hosting" ? Kubectl.RenderComposedAsync(folder) : Kubectl.RenderAsync(folder);
    }
}
