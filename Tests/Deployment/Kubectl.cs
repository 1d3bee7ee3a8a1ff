using System.Diagnostics;

namespace Realtime.Tests.Deployment;

/// <summary>The client of Kubernetes, for what it can do without a cluster.</summary>
internal static class Kubectl
{
    /// <summary>What <c>kubectl apply -k</c> would send.</summary>
    /// <param name="folder">The kustomization's folder.</param>
    public static Task<string> RenderAsync(string folder) => RunAsync("kustomize", folder);

    /// <summary>The same for a kustomization that builds on others.</summary>
    /// <param name="folder">The kustomization's folder.</param>
    public static async Task<string> RenderComposedAsync(string folder)
    {
        var version = await RunAsync("version", "--client");
        Assert.SkipWhen(
            version.Contains("v1.20", StringComparison.Ordinal) || version.Contains("Minor:\"20", StringComparison.Ordinal),
            "Debian 12's kubectl 1.20 takes no folder as a resource; a newer one is needed to look at this kustomization.");
        return await RenderAsync(folder);
    }

    private static async Task<string> RunAsync(params string[] arguments)
    {
        try
        {
            using var kubectl = Process.Start(new ProcessStartInfo("kubectl", arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
            var errors = kubectl.StandardError.ReadToEndAsync();
            var output = await kubectl.StandardOutput.ReadToEndAsync();
            await kubectl.WaitForExitAsync();
            Assert.True(kubectl.ExitCode == 0, await errors);
            return output;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            throw new InvalidOperationException("These tests need kubectl, on Debian the package kubernetes-client (see Tests/run.sh).");
        }
    }
}
