using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Realtime.Documents;
using Realtime.Tests.Contracts;

namespace Realtime.Tests.Documents;

/// <summary>A SQLite store in a folder of its own.</summary>
internal sealed class SqliteStoreHarness : DocumentStoreHarness
{
    private readonly DocumentOptions _options = new()
    {
        DataFolder = Directory.CreateTempSubdirectory("realtime-documents-").FullName,
        ChunkDocuments = 10,
        FilterTimeLimit = TimeSpan.FromSeconds(30),
    };

    private SqliteDocumentStore _store;

    public SqliteStoreHarness(Action<DocumentOptions>? configure = null)
    {
        configure?.Invoke(_options);
        _store = Open();
    }

    public override IDocumentStore Store => _store;

    public string Folder => Path.Combine(_options.DataFolder, "documents");

    public string PathOf(string database) => Path.Combine(Folder, GrainKey.Encode(database) + ".db");

    public override ValueTask ReopenAsync()
    {
        _store.Dispose();
        _store = Open();
        return ValueTask.CompletedTask;
    }

    public override ValueTask DisposeAsync()
    {
        _store.Dispose();
        Directory.Delete(_options.DataFolder, recursive: true);
        return ValueTask.CompletedTask;
    }

    private SqliteDocumentStore Open() =>
        new(Options.Create(_options), TimeProvider.System, NullLogger<SqliteDocumentStore>.Instance);
}
