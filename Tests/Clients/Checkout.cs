using System.Reflection;

namespace Realtime.Tests.Clients;

/// <summary>Where things lie in the source tree that these tests were built from.</summary>
internal static class Checkout
{
    private const string Solution = "Realtime.Orleans.sln";

    /// <summary>The folder of the solution.</summary>
    public static string Root { get; } = FindRoot();

    /// <summary>Scripts, pages and the installed client libraries.</summary>
    public static string Clients => Path.Combine(Root, "Tests", "Clients");

    /// <summary>The built silo, which is the all-in-one process too, of the same configuration as the tests.</summary>
    public static string SiloAssembly => Built("Silo");

    /// <summary>The built gateway, of the same configuration as the tests.</summary>
    public static string GatewayAssembly => Built("Gateway");

    /// <summary>The configuration that the tests were built in, such as <c>Release</c>.</summary>
    public static string Configuration => new DirectoryInfo(AppContext.BaseDirectory).Parent!.Name;

    /// <summary>A file of the client libraries; fails with a sentence if npm hasn't installed them.</summary>
    /// <param name="path">Path under <c>node_modules</c>.</param>
    public static string Library(string path)
    {
        var file = Path.Combine([Clients, "node_modules", .. path.Split('/')]);
        Assert.True(File.Exists(file), $"{path} is not installed: these tests need Node.js with npm when they are built (see Tests/run.sh).");
        return file;
    }

    // …/Tests/bin/<configuration>/<framework>/ beside …/Silo/bin/<configuration>/<framework>/
    private static string Built(string project) => Path.Combine(
        Root, project, Path.GetRelativePath(Path.Combine(Root, "Tests"), AppContext.BaseDirectory), $"Realtime.{project}.dll");

    private static string FindRoot()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, Solution)))
            {
                return folder.FullName;
            }
        }

        throw new DirectoryNotFoundException(
            $"{Solution} was not found above {Assembly.GetExecutingAssembly().Location}; these tests run from the source tree.");
    }
}
