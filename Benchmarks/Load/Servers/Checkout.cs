namespace Realtime.Benchmarks.Load.Servers;

/// <summary>Where things lie in the source tree that this tool was built from.</summary>
internal static class Checkout
{
    private const string Solution = "Realtime.Orleans.sln";

    /// <summary>The folder of the solution.</summary>
    public static string Root { get; } = Find();

    /// <summary>The configuration that this tool was built in.</summary>
    public static string Configuration => new DirectoryInfo(AppContext.BaseDirectory).Parent!.Name;

    /// <summary>A built program of the same configuration.</summary>
    /// <param name="project">Folder of the project, such as <c>Benchmarks/Raw</c>.</param>
    /// <param name="assembly">Its name.</param>
    public static string Program(string project, string assembly)
    {
        var file = Path.Combine(Root, project, "bin", Configuration, "net10.0", assembly + ".dll");
        return File.Exists(file) ? file : throw new LoadException($"{file} isn't built: run 'dotnet build -c {Configuration}' first.");
    }

    /// <summary>
    /// A program as <c>Benchmarks/run.sh</c> has published it: compiled ahead of time, as in its image. As it was built, if it wasn't
    /// published here.
    /// </summary>
    /// <param name="project">Folder of the project, such as <c>Silo</c>.</param>
    /// <param name="assembly">Its name.</param>
    public static string Published(string project, string assembly)
    {
        var file = Path.Combine(Root, "artifacts", "benchmarks", project, assembly + ".dll");
        return File.Exists(file) ? file : Program(project, assembly);
    }

    private static string Find()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, Solution)))
            {
                return folder.FullName;
            }
        }

        throw new DirectoryNotFoundException($"{Solution} was not found; this tool runs from the source tree.");
    }
}
