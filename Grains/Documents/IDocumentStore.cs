namespace Realtime.Documents;

/// <summary>
/// The database that keeps documents. Each call is one unit of work on one consistent state.
/// </summary>
/// <remarks>
/// <para>Documents are UTF-8 JSON objects with <c>accountId</c> and <c>id</c> in front, stored and returned as they are.</para>
/// <para>
/// Comparison (protocol 3.3): numbers as numbers, texts by code point, booleans aren't numbers, a missing field equals
/// null. Only numbers and texts are ordered; arrays and objects are equal if their JSON without white space is the same.
/// Sorting: missing and null, then numbers, then texts; equal ones by creation.
/// </para>
/// <para>
/// Conditions and paging run inside the database and under <see cref="DocumentOptions.FilterTimeLimit"/>; past it a
/// call answers <see cref="RealtimeError.QueryTookTooLong"/>. Reads of an unknown database or repository find nothing
/// and leave nothing behind. Outages are exceptions.
/// </para>
/// </remarks>
public interface IDocumentStore
{
    /// <summary>One document of a scope; 404 if it has none with this id.</summary>
    Task<Result<ReadOnlyMemory<byte>>> GetAsync(
        string database, string repository, DocumentScope scope, string id, CancellationToken cancellationToken);

    /// <summary>Documents of a scope as a JSON array in the order of the ids; missing ones are left out.</summary>
    Task<Result<ReadOnlyMemory<byte>>> GetManyAsync(
        string database, string repository, DocumentScope scope, IReadOnlyList<string> ids, CancellationToken cancellationToken);

    /// <summary>A page of the documents of a scope that match, and their total, both of one moment.</summary>
    Task<Result<DocumentPage>> QueryAsync(
        string database, string repository, DocumentScope scope, DocumentQuery query, CancellationToken cancellationToken);

    /// <summary>Number of the documents of a scope that match.</summary>
    Task<Result<long>> CountAsync(
        string database, string repository, DocumentScope scope, IReadOnlyList<QueryClause> clauses, CancellationToken cancellationToken);

    /// <summary>Position of a repository: the number of its last change, 0 if there was none.</summary>
    Task<Result<long>> GetPositionAsync(string database, string repository, CancellationToken cancellationToken);

    /// <summary>
    /// Changes of a repository after a position, in order. Each is kept for a while from the transaction on that made it
    /// (<see cref="DocumentOptions.OutboxChanges"/>).
    /// </summary>
    /// <param name="database">Public key.</param>
    /// <param name="repository">Full name of the repository.</param>
    /// <param name="after">The position.</param>
    /// <param name="maxBytes">About where the answer ends; it holds one change at least, if there is one.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>The first of them, or that it can't be told what happened since then.</returns>
    Task<Result<ChangeHistory>> ReadChangesAsync(
        string database, string repository, long after, int maxBytes, CancellationToken cancellationToken);

    /// <summary>
    /// Finds the next documents that a bulk write is about, without keeping other writes waiting.
    /// <see cref="UpdateSelected"/> and <see cref="DeleteSelected"/> look at the conditions again.
    /// </summary>
    /// <param name="database">Public key.</param>
    /// <param name="repository">Full name of the repository.</param>
    /// <param name="target">What the bulk write is about.</param>
    /// <param name="previous">The chunk before, or null for the first.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    Task<Result<DocumentSelection>> SelectAsync(
        string database, string repository, BulkTarget target, DocumentSelection? previous, CancellationToken cancellationToken);

    /// <summary>
    /// Runs writes in order in one transaction. A refused one leaves nothing behind and doesn't affect its neighbours.
    /// </summary>
    /// <param name="database">Public key.</param>
    /// <param name="repository">Full name of the repository.</param>
    /// <param name="batch">The writes.</param>
    /// <param name="cancellationToken">Ends the wait for the transaction, not the transaction.</param>
    /// <returns>One result per write, in order. All of it is durable, and in the outbox.</returns>
    Task<IReadOnlyList<DocumentWriteResult>> CommitAsync(
        string database, string repository, IReadOnlyList<DocumentWrite> batch, CancellationToken cancellationToken);

    /// <summary>Makes an index that serves conditions and sorting by a field; there may be one already.</summary>
    /// <returns>Null, or 400 if the field can't have one or there are too many.</returns>
    Task<RealtimeError?> CreateIndexAsync(string database, string repository, string field, CancellationToken cancellationToken);

    /// <summary>Names of all repositories of a database.</summary>
    Task<IReadOnlyList<string>> GetRepositoriesAsync(string database, CancellationToken cancellationToken);

    /// <summary>Deletes all repositories of a database. Waits for calls under way.</summary>
    Task DeleteDatabaseAsync(string database, CancellationToken cancellationToken);
}
