using k8s;
using k8s.Models;
using Realtime.Tests.Clients;
using YamlDotNet.Serialization;
using YamlDotNet.Serialization.NamingConventions;

namespace Realtime.Tests.Deployment;

/// <summary>The objects of one kustomization under docker/aks, read so strictly that a misspelt field fails.</summary>
internal sealed class Manifests
{
    private static readonly Dictionary<string, Type> CustomTypes = GatewayApi.Types.Concat(CertManager.Types).ToDictionary();

    private Manifests(Kustomization kustomization, IReadOnlyList<object> objects) => (Kustomization, Objects) = (kustomization, objects);

    /// <summary>The folder of all kustomizations.</summary>
    public static string Root => Path.Combine(Checkout.Root, "docker", "aks");

    public Kustomization Kustomization { get; }

    public IReadOnlyList<object> Objects { get; }

    /// <summary>What runs: the pod templates, by the name of their deployment or stateful set.</summary>
    public Dictionary<string, V1PodTemplateSpec> Pods => Of<V1Deployment>().Select(static deployment => (deployment.Name(), deployment.Spec.Template))
        .Concat(Of<V1StatefulSet>().Select(static set => (set.Name(), set.Spec.Template)))
        .ToDictionary();

    /// <summary>Reads a kustomization's own files: its resources, and what it changes of others'.</summary>
    /// <param name="name">Its folder.</param>
    public static Manifests Read(string name)
    {
        var folder = Path.Combine(Root, name);
        var kustomization = ReadKustomization(folder);
        return new Manifests(kustomization, [.. kustomization.Resources.Concat(kustomization.Patches.Select(static patch => patch.Path)).SelectMany(file => Parse(File.ReadAllText(Path.Combine(folder, file))))]);
    }

    /// <summary>Reads <c>kustomization.yaml</c> of a folder.</summary>
    public static Kustomization ReadKustomization(string folder) => new DeserializerBuilder()
        .WithNamingConvention(CamelCaseNamingConvention.Instance)
        .Build()
        .Deserialize<Kustomization>(File.ReadAllText(Path.Combine(folder, "kustomization.yaml")));

    /// <summary>Reads manifests from a text.</summary>
    public static List<object> Parse(string yaml) => KubernetesYaml.LoadAllFromString(yaml, CustomTypes, strict: true);

    public IEnumerable<T> Of<T>() => Objects.OfType<T>();

    /// <summary>The only object of a kind, or the one with a name.</summary>
    public T One<T>(string? name = null)
        where T : IKubernetesObject<V1ObjectMeta> =>
        Assert.Single(Of<T>(), item => name is null || item.Metadata.Name == name);
}

/// <summary>What the kustomizations use of the format.</summary>
internal sealed class Kustomization
{
    public string ApiVersion { get; set; } = "";

    public string Kind { get; set; } = "";

    public string Namespace { get; set; } = "";

    public List<string> Resources { get; set; } = [];

    public List<KustomizedPatch> Patches { get; set; } = [];

    public List<KustomizedImage> Images { get; set; } = [];
}

/// <summary>A change of what is deployed anyway.</summary>
internal sealed class KustomizedPatch
{
    public string Path { get; set; } = "";
}

/// <summary>Where an image comes from.</summary>
internal sealed class KustomizedImage
{
    public string Name { get; set; } = "";

    public string NewName { get; set; } = "";

    public string NewTag { get; set; } = "";
}
