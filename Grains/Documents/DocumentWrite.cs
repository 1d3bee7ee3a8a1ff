using System.Collections.Immutable;

namespace Realtime.Documents;

/// <summary>One write of a batch, as a value; see <see cref="IDocumentStore.CommitAsync"/>.</summary>
public abstract record DocumentWrite
{
    /// <summary>Bytes of documents that the write holds.</summary>
    public abstract long Bytes { get; }
}

/// <summary>A document to be created.</summary>
/// <param name="Id">Its new id.</param>
/// <param name="Json">The stored form, with <c>accountId</c> and <c>id</c>.</param>
public readonly record struct NewDocument(string Id, ReadOnlyMemory<byte> Json);

/// <summary>
/// Creates all documents, in order, or none. If there is one already of the same account and owner, this is the repeat of
/// a write whose answer was lost: nothing changes, and the result is <see cref="DocumentWriteResult.Repeated"/>.
/// </summary>
/// <param name="AccountId">Account of the documents.</param>
/// <param name="OwnerId">Owner of the documents.</param>
/// <param name="Documents">The documents.</param>
public sealed record CreateDocuments(string AccountId, string OwnerId, ImmutableArray<NewDocument> Documents) : DocumentWrite
{
    /// <inheritdoc/>
    public override long Bytes => Documents.Sum(document => (long)document.Json.Length);

    /// <summary>Whether a document that has one of the ids can be this create's own.</summary>
    /// <param name="accountId">Account of the document.</param>
    /// <param name="ownerId">Owner of the document.</param>
    public bool IsOf(string accountId, string ownerId) => AccountId == accountId && OwnerId == ownerId;
}

/// <summary>Merges top-level fields into one document.</summary>
/// <param name="Id">The document.</param>
/// <param name="Access">What the caller may read and write: 404 outside of the one, 403 outside of the other.</param>
/// <param name="Patch">The fields, a valid JSON object.</param>
public sealed record UpdateDocument(string Id, DocumentAccess Access, ReadOnlyMemory<byte> Patch) : DocumentWrite
{
    /// <inheritdoc/>
    public override long Bytes => Patch.Length;
}

/// <summary>Deletes one document; no change if the caller can't read it, 403 if it can't be written.</summary>
/// <param name="Id">The document.</param>
/// <param name="Access">What the caller may read and write.</param>
public sealed record DeleteDocument(string Id, DocumentAccess Access) : DocumentWrite
{
    /// <inheritdoc/>
    public override long Bytes => 0;
}

/// <summary>Adds to a number of one document; an absent field counts as 0.</summary>
/// <param name="Id">The document.</param>
/// <param name="Access">What the caller may read and write: 404 outside of the one, 403 outside of the other.</param>
/// <param name="Field">Top-level field.</param>
/// <param name="Amount">A valid JSON number.</param>
public sealed record IncrementField(string Id, DocumentAccess Access, string Field, ReadOnlyMemory<byte> Amount) : DocumentWrite
{
    /// <inheritdoc/>
    public override long Bytes => Amount.Length;
}

/// <summary>Merges top-level fields into those documents of a selection that still match.</summary>
/// <param name="Target">What the bulk write is about.</param>
/// <param name="Selection">The chunk.</param>
/// <param name="Patch">The fields, a valid JSON object.</param>
public sealed record UpdateSelected(BulkTarget Target, DocumentSelection Selection, ReadOnlyMemory<byte> Patch) : DocumentWrite
{
    /// <inheritdoc/>
    public override long Bytes => Patch.Length + Selection.Bytes;
}

/// <summary>Deletes those documents of a selection that still match.</summary>
/// <param name="Target">What the bulk write is about.</param>
/// <param name="Selection">The chunk.</param>
public sealed record DeleteSelected(BulkTarget Target, DocumentSelection Selection) : DocumentWrite
{
    /// <inheritdoc/>
    public override long Bytes => 0;
}

/// <summary>What a caller may read and write of a repository.</summary>
/// <param name="Read">The readable documents.</param>
/// <param name="Write">The writable documents.</param>
public readonly record struct DocumentAccess(DocumentScope Read, DocumentScope Write);

/// <summary>The documents that a bulk write is about: readable, writable and matching.</summary>
/// <param name="Access">What the caller may read and write.</param>
/// <param name="Clauses">Conditions; none means all.</param>
public sealed record BulkTarget(DocumentAccess Access, IReadOnlyList<QueryClause> Clauses);

/// <summary>One chunk of a bulk write.</summary>
/// <param name="Documents">Numbers of the documents, rising; the store's own.</param>
/// <param name="Bytes">Size of the documents.</param>
/// <param name="Until">The last document that existed when the bulk write began; later ones aren't touched.</param>
/// <param name="IsLast">Whether there is no further chunk.</param>
public sealed record DocumentSelection(ImmutableArray<long> Documents, long Bytes, long Until, bool IsLast);
