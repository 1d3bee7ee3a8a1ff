using BenchmarkDotNet.Attributes;
using Realtime.Documents;

namespace Realtime.Benchmarks.Micro;

/// <summary>Who gets a document's event.</summary>
public class AudienceBenchmarks
{
    private readonly RepositoryPermissions _permissions = RepositoryPermissions.Parse("tasks_760_");

    /// <summary>A repository's name. Not a constant: the compiler would work it out.</summary>
    [Params("tasks_760_")]
    public string Repository { get; set; } = "";

    /// <summary>From the repository's name, as on its activation.</summary>
    [Benchmark]
    public RepositoryPermissions ParsePermissions() => RepositoryPermissions.Parse(Repository);

    /// <summary>Per document.</summary>
    [Benchmark]
    public Audience AudienceOfDocument() => _permissions.AudienceOf("account", "owner");
}
