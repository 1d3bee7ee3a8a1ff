using System.Text;
using System.Text.Json;
using Realtime.Documents;

namespace Realtime.Tests.Contracts;

/// <summary>Makes and unmakes a store for one test.</summary>
public abstract class DocumentStoreHarness : IAsyncDisposable
{
    public abstract IDocumentStore Store { get; }

    /// <summary>Closes the store and opens it again on the same data.</summary>
    public abstract ValueTask ReopenAsync();

    public abstract ValueTask DisposeAsync();

    public RepositoryDriver Repository(string? name = null) => new(this, "db-" + Identifiers.NewId(), name ?? "tasks");
}

/// <summary>Says in a few words what a test does to one repository.</summary>
public sealed class RepositoryDriver(DocumentStoreHarness harness, string database, string name)
{
    public static readonly DocumentAccess Everything = new(DocumentScope.All, DocumentScope.All);

    public string Database => database;

    public RepositoryDriver Named(string other) => new(harness, database, other);

    public async Task<string> CreateAsync(string json, string account = "acc", string owner = "own")
    {
        var (id, write) = New(json, account, owner);
        var result = Assert.Single(await CommitAsync(write));
        Assert.Null(result.Error);
        return id;
    }

    public static (string Id, CreateDocuments Write) New(string json, string account = "acc", string owner = "own")
    {
        var id = Identifiers.NewId();
        var body = JsonFields.TryParse(Encoding.UTF8.GetBytes(json))!.Write(account, id);
        return (id, new CreateDocuments(account, owner, [new NewDocument(id, body.Value)]));
    }

    public Task<IReadOnlyList<DocumentWriteResult>> CommitAsync(params DocumentWrite[] writes) =>
        harness.Store.CommitAsync(database, name, writes, TestContext.Current.CancellationToken);

    public async Task<DocumentWriteResult> WriteAsync(DocumentWrite write) => Assert.Single(await CommitAsync(write));

    public async Task<string?> GetAsync(string id, DocumentScope scope = default)
    {
        var result = await harness.Store.GetAsync(database, name, scope, id, TestContext.Current.CancellationToken);
        return result.Error is null ? Encoding.UTF8.GetString(result.Value.Span) : null;
    }

    public Task<Result<ReadOnlyMemory<byte>>> GetManyAsync(DocumentScope scope, params string[] ids) =>
        harness.Store.GetManyAsync(database, name, scope, ids, TestContext.Current.CancellationToken);

    public Task<Result<DocumentPage>> QueryAsync(
        DocumentScope scope, int page = 1, int size = 100, bool descending = false, string? sort = null, params QueryClause[] clauses) =>
        harness.Store.QueryAsync(
            database, name, scope, new DocumentQuery(clauses, page, size, descending, sort), TestContext.Current.CancellationToken);

    public async Task<List<string>> IdsAsync(params QueryClause[] clauses) =>
        Ids((await QueryAsync(DocumentScope.All, clauses: clauses)).Value!);

    public Task<Result<long>> CountAsync(DocumentScope scope, params QueryClause[] clauses) =>
        harness.Store.CountAsync(database, name, scope, clauses, TestContext.Current.CancellationToken);

    public async Task<long> PositionAsync() =>
        (await harness.Store.GetPositionAsync(database, name, TestContext.Current.CancellationToken)).Value;

    public async Task<ChangeHistory> ChangesAsync(long after, int maxBytes = 1024 * 1024)
    {
        var history = await harness.Store.ReadChangesAsync(database, name, after, maxBytes, TestContext.Current.CancellationToken);
        Assert.Null(history.Error);
        return history.Value!;
    }

    public Task<Result<DocumentSelection>> SelectAsync(BulkTarget target, DocumentSelection? previous = null) =>
        harness.Store.SelectAsync(database, name, target, previous, TestContext.Current.CancellationToken);

    public Task<RealtimeError?> CreateIndexAsync(string field) =>
        harness.Store.CreateIndexAsync(database, name, field, TestContext.Current.CancellationToken);

    public static BulkTarget Target(params QueryClause[] clauses) => new(Everything, clauses);

    public static QueryClause Where(string field, QueryOperator comparison, string json) =>
        new(field, comparison, Utf8(json));

    public static List<string> Ids(DocumentPage page) => [.. Elements(page.Results).Select(id => id.GetProperty("id").GetString()!)];

    public static List<JsonElement> Elements(ReadOnlyMemory<byte> array)
    {
        using var document = JsonDocument.Parse(array);
        return [.. document.RootElement.EnumerateArray().Select(element => element.Clone())];
    }

    public static ReadOnlyMemory<byte> Utf8(string text) => Encoding.UTF8.GetBytes(text);

    public static string Text(ReadOnlyMemory<byte> utf8) => Encoding.UTF8.GetString(utf8.Span);
}
