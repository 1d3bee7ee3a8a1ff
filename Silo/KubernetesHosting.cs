using Microsoft.Extensions.Options;
using ClusterOptions = Realtime.Gateway.Hosting.ClusterOptions;

namespace Realtime.Silo;

/// <summary>Orleans' Kubernetes hosting: silos watch their pods, and one whose pod is gone counts as lost.</summary>
internal static class KubernetesHosting
{
    // Orleans takes its name, address and ids from them.
    private static readonly string[] Variables = ["POD_NAME", "POD_NAMESPACE", "POD_IP", "ORLEANS_SERVICE_ID", "ORLEANS_CLUSTER_ID"];

    /// <summary>Adds it, if it is switched on.</summary>
    /// <exception cref="OptionsValidationException">The environment isn't that of a pod that was made for it.</exception>
    public static void AddKubernetesHosting(this ISiloBuilder silo, ClusterOptions cluster)
    {
        if (!cluster.Kubernetes)
        {
            return;
        }

        var missing = Variables.Where(static variable => string.IsNullOrEmpty(Environment.GetEnvironmentVariable(variable))).ToList();
        Require(missing.Count == 0, $"needs {string.Join(", ", missing)} in the environment, as docker/aks/kubernetes-hosting sets them.");
        Require(
            Environment.GetEnvironmentVariable("ORLEANS_SERVICE_ID") == cluster.ServiceId && Environment.GetEnvironmentVariable("ORLEANS_CLUSTER_ID") == cluster.ClusterId,
            $"needs ORLEANS_SERVICE_ID and ORLEANS_CLUSTER_ID to be {ClusterOptions.Section}:ServiceId and ClusterId.");
        silo.UseKubernetesHosting();
    }

    private static void Require(bool holds, string sentence)
    {
        if (!holds)
        {
            throw new OptionsValidationException(
                ClusterOptions.Section, typeof(ClusterOptions), [$"{ClusterOptions.Section}:{nameof(ClusterOptions.Kubernetes)} {sentence}"]);
        }
    }
}
