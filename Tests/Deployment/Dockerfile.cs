using System.Text.RegularExpressions;
using Realtime.Tests.Clients;

namespace Realtime.Tests.Deployment;

/// <summary>What docker/Dockerfile says.</summary>
internal static partial class Dockerfile
{
    public static string Text { get; } = File.ReadAllText(Path.Combine(Checkout.Root, "docker", "Dockerfile"));

    /// <summary>The images that it makes.</summary>
    public static string[] Targets { get; } = [.. Stage().Matches(Text).Select(static stage => stage.Groups[1].Value)];

    /// <summary>Port that the processes listen on.</summary>
    public static int HttpPort { get; } = new Uri(Urls().Match(Text).Groups[1].Value).Port;

    /// <summary>Where the all-in-one process keeps its data.</summary>
    public static string DataFolder { get; } = Data().Match(Text).Groups[1].Value;

    [GeneratedRegex(@"^FROM runtime AS (\w+)", RegexOptions.Multiline)]
    private static partial Regex Stage();

    [GeneratedRegex(@"ASPNETCORE_URLS=(\S+)")]
    private static partial Regex Urls();

    [GeneratedRegex(@"Realtime__DataFolder=(\S+)")]
    private static partial Regex Data();
}
