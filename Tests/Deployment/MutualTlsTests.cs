using k8s.Models;
using Realtime.Gateway.Hosting.Tls;

namespace Realtime.Tests.Deployment;

/// <summary>The components under docker/aks/components that give a cluster mutual TLS between its processes.</summary>
public sealed class MutualTlsTests
{
    private const string Prefix = "Realtime__Cluster__Tls__";

    private static readonly string[] SecretFiles = ["ca.crt", "tls.crt", "tls.key"];

    [Fact]
    public void EveryProcess_FindsItsFilesWhereItsSettingsSay()
    {
        var component = Manifests.Read("components/mutual-tls");
        var settings = component.One<V1ConfigMap>().Data;

        Assert.Equal(SecretFiles, PathsOf(settings).Select(Path.GetFileName).Order());
        Assert.All(settings.Keys, static variable => Assert.True(KnownSettings.Exists(variable), $"there is no setting {variable}"));
        Assert.Equal(["realtime-gateway", "realtime-silo"], component.Pods.Keys.Order());
        Assert.All(component.Pods, pod =>
        {
            var mount = Assert.Single(pod.Value.Spec.Containers[0].VolumeMounts);
            var secret = Assert.Single(pod.Value.Spec.Volumes, volume => volume.Name == mount.Name).Secret;
            Assert.All(PathsOf(settings), path => Assert.Equal(mount.MountPath, Path.GetDirectoryName(path)));

            // A file that is mounted alone stays as it was when the secret changes.
            Assert.Equal((null, true), (mount.SubPath, mount.ReadOnlyProperty));
            Assert.Equal(Convert.ToInt32("440", 8), secret.DefaultMode);
            Assert.Equal(CertificateOf("realtime-cluster").SecretName, secret.SecretName);
        });
    }

    [Fact]
    public void Certificate_IsForServersAndClients_BearsThePeerName_AndIsOfAnAuthorityOfItsOwn()
    {
        var objects = Manifests.Read("components/cert-manager");
        var issuers = objects.Of<CertManager.Issuer>().ToDictionary(static issuer => issuer.Metadata.Name, static issuer => issuer.Spec);
        var (own, authority) = (CertificateOf("realtime-cluster"), CertificateOf("realtime-cluster-authority"));

        Assert.Contains(Manifests.Read("components/mutual-tls").One<V1ConfigMap>().Data[Prefix + nameof(ClusterTlsOptions.PeerName)], own.DnsNames);
        Assert.Equal(["client auth", "digital signature", "server auth"], own.Usages.Order());
        Assert.Equal((authority.SecretName, true), (issuers[own.IssuerRef.Name].Ca?.SecretName, authority.IsCA));
        Assert.NotNull(issuers[authority.IssuerRef.Name].SelfSigned);
    }

    [Fact]
    public async Task Components_FitTheCluster_AndLeaveTheRestAsItIs()
    {
        var folder = Directory.CreateTempSubdirectory("realtime-kustomize-").FullName;
        try
        {
            string PathTo(string name) => Path.GetRelativePath(folder, Path.Combine(Manifests.Root, name));
            await File.WriteAllTextAsync(
                Path.Combine(folder, "kustomization.yaml"),
                $"""
                namespace: realtime
                resources: [{PathTo("cluster")}]
                components: [{PathTo("components/mutual-tls")}, {PathTo("components/cert-manager")}]
                """,
                TestContext.Current.CancellationToken);

            var objects = Manifests.Parse(await Kubectl.RenderComposedAsync(folder));

            var cluster = Manifests.Read("cluster");
            var added = Manifests.Read("components/cert-manager").Objects.Count;
            Assert.Equal(cluster.Objects.Count + added, objects.Count);
            Assert.All(objects.OfType<GatewayApi.CustomObject>(), static item => Assert.Equal("realtime", item.Metadata.NamespaceProperty));
            Assert.All(objects.OfType<V1Deployment>().Select(static item => item.Spec.Template.Spec), static pod =>
            {
                Assert.Equal(["/tls", "/tmp"], Assert.Single(pod.Containers).VolumeMounts.Select(static mount => mount.MountPath).Order());
                Assert.Equal(pod.SecurityContext.RunAsGroup, pod.SecurityContext.FsGroup);
            });
            var settings = Assert.Single(objects.OfType<V1ConfigMap>()).Data;
            Assert.Equal(SecretFiles, PathsOf(settings).Select(Path.GetFileName).Order());
            Assert.All(cluster.One<V1ConfigMap>().Data, before => Assert.Equal(before.Value, settings[before.Key]));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static IEnumerable<string> PathsOf(IDictionary<string, string> settings) =>
        ((string[])[nameof(ClusterTlsOptions.CertificatePath), nameof(ClusterTlsOptions.KeyPath), nameof(ClusterTlsOptions.AuthorityPath)])
        .Select(name => settings[Prefix + name]);

    private static CertManager.CertificateSpec CertificateOf(string name) =>
        Manifests.Read("components/cert-manager").One<CertManager.Certificate>(name).Spec;
}
