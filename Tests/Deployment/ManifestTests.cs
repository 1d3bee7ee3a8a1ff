using System.Globalization;
using k8s.Models;
using Realtime.Gateway;
using Realtime.Gateway.Hosting;

namespace Realtime.Tests.Deployment;

/// <summary>That the manifests under docker/aks agree with the programs and with each other.</summary>
public sealed class ManifestTests
{
    // Beside the drain: farewells, the silo's or the client's own stop, and what a busy node takes.
    private const int StopSeconds = 45;

    public static TheoryData<string> All => ["cluster", "all-in-one"];

    [Theory]
    [MemberData(nameof(All))]
    public void EverySetting_Exists(string name)
    {
        var manifests = Manifests.Read(name);
        var variables = manifests.Of<V1ConfigMap>().SelectMany(static map => map.Data.Keys)
            .Concat(manifests.Pods.Values.SelectMany(static pod => pod.Spec.Containers).SelectMany(static container => container.Env).Select(static env => env.Name))
            .ToList();

        Assert.NotEmpty(variables);
        Assert.All(variables, static variable => Assert.True(KnownSettings.Exists(variable), $"there is no setting {variable}"));
    }

    [Theory]
    [InlineData("cluster", "0")]
    [InlineData("all-in-one", null)]
    public void IdleThreads_SleepAtOnce_InAClusterOnly(string name, string? spins) =>
        Assert.Equal(spins, Manifests.Read(name).One<V1ConfigMap>().Data.TryGetValue(KnownSettings.IdleSpins, out var limit) ? limit : null);

    [Fact]
    public void Settings_HoldNoSecret()
    {
        string[] secret = ["Secret", "Key", "ConnectionString", "Password"];

        Assert.All(
            All.SelectMany(static row => Manifests.Read(row.Data).Of<V1ConfigMap>()).SelectMany(static map => map.Data.Keys),
            key => Assert.DoesNotContain(secret, word => key.Contains(word, StringComparison.Ordinal)));
        Assert.DoesNotContain(All, static row => Manifests.Read(row.Data).Of<V1Secret>().Any());
    }

    [Theory]
    [MemberData(nameof(All))]
    public void Probes_AskForHealth_WithMinutesToStart(string name) => Assert.All(Manifests.Read(name).Pods.Values, static pod =>
    {
        var container = Assert.Single(pod.Spec.Containers);
        var ports = container.Ports.Select(static port => port.Name).ToList();
        Assert.Equal(
            ("/health/live", "/health/live", "/health/ready"),
            (container.StartupProbe.HttpGet.Path, container.LivenessProbe.HttpGet.Path, container.ReadinessProbe.HttpGet.Path));
        Assert.All(
            [container.StartupProbe, container.LivenessProbe, container.ReadinessProbe],
            probe => Assert.Contains(probe.HttpGet.Port.Value, ports));
        Assert.InRange((container.StartupProbe.PeriodSeconds * container.StartupProbe.FailureThreshold)!.Value, 180, 900);

        // A process that has no storage, or a long pause, isn't restarted for it.
        Assert.InRange((container.LivenessProbe.PeriodSeconds * container.LivenessProbe.FailureThreshold)!.Value, 30, 300);
    });

    [Theory]
    [MemberData(nameof(All))]
    public void Pods_AreGivenTimeToDrain(string name)
    {
        var manifests = Manifests.Read(name);
        Assert.All(manifests.Pods, pod =>
        {
            var preStop = pod.Value.Spec.Containers[0].Lifecycle.PreStop.Sleep.Seconds;
            var drains = pod.Key == "realtime-gateway" ? DrainTimeOf(manifests, pod.Value).TotalSeconds : 0;
            Assert.True(pod.Value.Spec.TerminationGracePeriodSeconds >= preStop + drains + StopSeconds, $"{pod.Key} is killed before it has stopped");
        });
    }

    [Theory]
    [MemberData(nameof(All))]
    public void Pods_MayNothingTheyDoNotNeed(string name) => Assert.All(Manifests.Read(name).Pods.Values, static pod =>
    {
        var container = Assert.Single(pod.Spec.Containers);
        Assert.Equal((true, 1654L, "RuntimeDefault"), (pod.Spec.SecurityContext.RunAsNonRoot!.Value, pod.Spec.SecurityContext.RunAsUser!.Value, pod.Spec.SecurityContext.SeccompProfile.Type));
        Assert.Equal((false, true), (container.SecurityContext.AllowPrivilegeEscalation!.Value, container.SecurityContext.ReadOnlyRootFilesystem!.Value));
        Assert.Equal(["ALL"], container.SecurityContext.Capabilities.Drop);
        Assert.False(pod.Spec.AutomountServiceAccountToken);
        Assert.Equal(container.Resources.Requests["memory"].ToString(), container.Resources.Limits["memory"].ToString());
        Assert.All(container.VolumeMounts, mount => Assert.True(mount.MountPath is "/tmp" or "/data", $"{mount.MountPath} is mounted"));
    });

    [Theory]
    [MemberData(nameof(All))]
    public void Selectors_FindPods(string name)
    {
        var manifests = Manifests.Read(name);
        var pods = manifests.Pods.Values.Select(static pod => pod.Metadata.Labels).ToList();
        var selectors = manifests.Of<V1Deployment>().Select(static item => item.Spec.Selector.MatchLabels)
            .Concat(manifests.Of<V1StatefulSet>().Select(static item => item.Spec.Selector.MatchLabels))
            .Concat(manifests.Of<V1Service>().Select(static item => item.Spec.Selector))
            .Concat(manifests.Of<V1PodDisruptionBudget>().Select(static item => item.Spec.Selector.MatchLabels))
            .Concat(manifests.Of<V1NetworkPolicy>().Select(static item => item.Spec.PodSelector.MatchLabels))
            .Concat(manifests.Pods.Values.SelectMany(static pod => pod.Spec.TopologySpreadConstraints ?? []).Select(static spread => spread.LabelSelector.MatchLabels))
            .ToList();

        Assert.All(selectors, selector => Assert.Contains(pods, labels => selector.All(labels.Contains)));
        Assert.All(
            manifests.Of<V2HorizontalPodAutoscaler>(),
            scaler => Assert.Contains(manifests.Of<V1Deployment>(), target => target.Name() == scaler.Spec.ScaleTargetRef.Name && target.Spec.Replicas is null));
    }

    [Theory]
    [MemberData(nameof(All))]
    public void Ports_AreThoseThatTheProcessesListenOn(string name)
    {
        var manifests = Manifests.Read(name);
        var containers = manifests.Pods.Values.Select(static pod => pod.Spec.Containers[0]).ToList();
        var ports = containers.SelectMany(static container => container.Ports).ToList();
        var cluster = new ClusterOptions();
        var expected = new Dictionary<string, int>
        {
            ["http"] = Dockerfile.HttpPort,
            ["silo"] = cluster.SiloPort,
            ["orleans-gateway"] = cluster.GatewayPort,
            ["operator"] = containers.SelectMany(static container => container.Env).Where(static env => env.Name == "Realtime__OperatorUrls")
                .Select(static env => new Uri(env.Value).Port).First(),
        };

        Assert.All(ports, port => Assert.Equal(expected[port.Name], port.ContainerPort));
        Assert.All(manifests.Of<V1Service>().SelectMany(static service => service.Spec.Ports), port => Assert.Contains(port.TargetPort.Value, ports.Select(static p => p.Name)));
        Assert.All(
            manifests.Of<V1NetworkPolicy>().SelectMany(static policy => policy.Spec.Ingress ?? []).SelectMany(static rule => rule.Ports),
            port => Assert.Contains(port.Port.Value, ports.Select(static p => $"{p.ContainerPort}")));
    }

    [Theory]
    [MemberData(nameof(All))]
    public void Route_LeadsToTheGateway_AndNeverEndsAStream(string name)
    {
        var manifests = Manifests.Read(name);
        var route = manifests.One<GatewayApi.HttpRoute>();
        var gateway = manifests.One<GatewayApi.Gateway>();
        var service = manifests.One<V1Service>("realtime-gateway");

        Assert.Equal((gateway.Metadata.Name, gateway.Spec.Listeners[0].Name), (route.Spec.ParentRefs[0].Name, route.Spec.ParentRefs[0].SectionName));
        Assert.All(
            route.Spec.Rules.SelectMany(static rule => rule.BackendRefs),
            backend => Assert.Equal((service.Name(), service.Spec.Ports[0].Port), (backend.Name, backend.Port)));
        Assert.All(["/sse", "/ws"], path =>
        {
            var rule = Assert.Single(route.Spec.Rules, rule => rule.Matches.Any(match => match.Path.Value == path));
            Assert.Equal(("0s", "0s"), (rule.Timeouts.Request, rule.Timeouts.BackendRequest));
        });
    }

    [Theory]
    [MemberData(nameof(All))]
    public void Images_AreThoseOfTheDockerfile(string name)
    {
        var manifests = Manifests.Read(name);
        var images = manifests.Pods.Values.Select(static pod => pod.Spec.Containers[0].Image).ToList();

        Assert.All(images, static image => Assert.Contains(image, Dockerfile.Targets.Select(static target => $"realtime-{target}")));
        Assert.Equal(images.Distinct().Order(), manifests.Kustomization.Images.Select(static image => image.Name).Order());
    }

    [Fact]
    public void AllInOne_IsStoppedBeforeItIsReplaced_AndKeepsItsVolume()
    {
        var set = Manifests.Read("all-in-one").One<V1StatefulSet>();

        Assert.Equal((1, "OrderedReady", "RollingUpdate"), (set.Spec.Replicas, set.Spec.PodManagementPolicy, set.Spec.UpdateStrategy.Type));
        Assert.Equal(("Retain", "Retain"), (set.Spec.PersistentVolumeClaimRetentionPolicy.WhenDeleted, set.Spec.PersistentVolumeClaimRetentionPolicy.WhenScaled));
        var volume = Assert.Single(set.Spec.VolumeClaimTemplates);
        Assert.Equal(["ReadWriteOncePod"], volume.Spec.AccessModes);
        Assert.Contains(set.Spec.Template.Spec.Containers[0].VolumeMounts, mount => mount.Name == volume.Name() && mount.MountPath == Dockerfile.DataFolder);
    }

    private static TimeSpan DrainTimeOf(Manifests manifests, V1PodTemplateSpec pod)
    {
        const string Setting = "Realtime__DrainTime";
        manifests.One<V1ConfigMap>().Data.TryGetValue(Setting, out var ofAll);
        var configured = pod.Spec.Containers[0].Env.FirstOrDefault(static env => env.Name == Setting)?.Value ?? ofAll;
        return configured is null ? new RealtimeOptions().DrainTime : TimeSpan.Parse(configured, CultureInfo.InvariantCulture);
    }
}
