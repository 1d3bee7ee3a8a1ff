using System.Xml.Linq;
using Realtime.Tests.Clients;

namespace Realtime.Tests.Deployment;

/// <summary>That the images are made of all that the programs need. That they run is shown by docker/test-images.sh.</summary>
public sealed class ImageTests
{
    [Fact]
    public void EveryProjectOfThePrograms_IsCopiedBeforePackagesAreRestored()
    {
        var beforeRestore = Dockerfile.Text[..Dockerfile.Text.IndexOf("dotnet restore", StringComparison.Ordinal)];
        var projects = new HashSet<string>();
        Collect("Silo/Silo.csproj", projects);
        Collect("Gateway/Gateway.csproj", projects);

        Assert.InRange(projects.Count, 7, 20);
        Assert.All(projects, project =>
        {
            Assert.Contains($"COPY {project} ", beforeRestore, StringComparison.Ordinal);
            Assert.Contains($"{Path.GetDirectoryName(project)}/packages.lock.json {Path.GetDirectoryName(project)}/", beforeRestore, StringComparison.Ordinal);
        });
    }

    [Fact]
    public void EveryCopiedFile_Exists_AndIsNotIgnored()
    {
        var kept = File.ReadAllLines(Path.Combine(Checkout.Root, ".dockerignore")).Where(static line => line.StartsWith('!')).Select(static line => line[1..]).ToList();
        var sources = Dockerfile.Text.Split('\n').Where(static line => line.StartsWith("COPY ", StringComparison.Ordinal) && !line.Contains("--from", StringComparison.Ordinal))
            .SelectMany(static line => line.Split(' ')[1..^1]).ToList();

        Assert.NotEmpty(sources);
        Assert.All(sources, source =>
        {
            Assert.True(Path.Exists(Path.Combine(Checkout.Root, source)), $"{source} doesn't exist");
            Assert.Contains(source.Split('/')[0], kept);
        });
    }

    private static void Collect(string project, HashSet<string> projects)
    {
        if (!projects.Add(project))
        {
            return;
        }

        foreach (var reference in XDocument.Load(Path.Combine(Checkout.Root, project)).Descendants("ProjectReference"))
        {
            var path = Path.GetFullPath(Path.Combine(Checkout.Root, Path.GetDirectoryName(project)!, reference.Attribute("Include")!.Value));
            Collect(Path.GetRelativePath(Checkout.Root, path), projects);
        }
    }
}
