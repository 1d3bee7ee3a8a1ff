using System.Collections.Immutable;

namespace Realtime.Documents;

/// <summary>
/// Decides what each write of a transaction changes. Nothing is changed before the write is known to be possible, so a
/// refused one leaves nothing behind and needs no savepoint.
/// </summary>
/// <param name="changes">The documents.</param>
/// <param name="position">Number of the repository's last change.</param>
internal sealed class PostgresWrites(PostgresChanges changes, long position)
{
    /// <summary>Number of the last change.</summary>
    public long Position { get; private set; } = position;

    /// <summary>Creates documents, or none.</summary>
    /// <returns>Null if somebody else's document has one of the ids: the server makes them, so it is no client's mistake.</returns>
    public DocumentWriteResult? Create(CreateDocuments create)
    {
        if (create.Documents.Select(document => changes.Find(document.Id)).FirstOrDefault(found => found is not null) is { } taken)
        {
            return create.IsOf(taken.Account, taken.Owner) ? DocumentWriteResult.WasRepeated(taken.Body, create.Documents.Length) : null;
        }

        if (create.Documents.DistinctBy(document => document.Id, StringComparer.Ordinal).Count() < create.Documents.Length)
        {
            return null;
        }

        var written = ImmutableArray.CreateBuilder<WrittenDocument>(create.Documents.Length);
        foreach (var document in create.Documents)
        {
            changes.Create(new PostgresDocument(++Position, document.Id, create.AccountId, create.OwnerId, document.Json));
            written.Add(new WrittenDocument(Position, ChangeKind.Created, create.AccountId, create.OwnerId, document.Json));
        }

        return new DocumentWriteResult(null, written.MoveToImmutable());
    }

    /// <summary>Merges fields into one document.</summary>
    public DocumentWriteResult Update(UpdateDocument update) =>
        ChangeOne(update.Id, update.Access, fields =>
        {
            fields.Merge(JsonFields.ParseChecked(update.Patch));
            return null;
        });

    /// <summary>Adds to a number of one document.</summary>
    public DocumentWriteResult Increment(IncrementField increment) =>
        ChangeOne(increment.Id, increment.Access, fields => fields.Increase(increment.Field, increment.Amount));

    /// <summary>Deletes one document.</summary>
    public DocumentWriteResult Delete(DeleteDocument delete)
    {
        if (changes.Find(delete.Id) is not { } document || !document.IsIn(delete.Access.Read))
        {
            return DocumentWriteResult.Nothing;
        }

        return document.IsIn(delete.Access.Write)
            ? new DocumentWriteResult(null, [Remove(document)])
            : DocumentWriteResult.Refused(RealtimeError.NotAuthorized);
    }

    /// <summary>Merges fields into documents that match, or into none.</summary>
    /// <param name="patch">The fields.</param>
    /// <param name="documents">The documents, as they are now.</param>
    public DocumentWriteResult Update(ReadOnlyMemory<byte> patch, List<PostgresDocument> documents)
    {
        var merged = JsonFields.ParseChecked(patch);
        var bodies = documents.ConvertAll(document =>
        {
            var fields = document.Fields;
            fields.Merge(merged);
            return fields.Write(document.Account, document.Id);
        });
        return bodies.Find(body => body.Error is not null).Error is { } tooLarge
            ? DocumentWriteResult.Refused(tooLarge)
            : new DocumentWriteResult(null, [.. documents.Zip(bodies, (document, body) => Replace(document, body.Value))]);
    }

    /// <summary>Deletes documents that match.</summary>
    /// <param name="documents">The documents, as they are now.</param>
    public DocumentWriteResult Delete(List<PostgresDocument> documents) => new(null, [.. documents.Select(Remove)]);

    private DocumentWriteResult ChangeOne(string id, DocumentAccess access, Func<JsonFields, RealtimeError?> change)
    {
        if (changes.Find(id) is not { } document || !document.IsIn(access.Read))
        {
            return DocumentWriteResult.Refused(RealtimeError.DocumentNotFound);
        }

        if (!document.IsIn(access.Write))
        {
            return DocumentWriteResult.Refused(RealtimeError.NotAuthorized);
        }

        var fields = document.Fields;
        if (change(fields) is { } error)
        {
            return DocumentWriteResult.Refused(error);
        }

        var body = fields.Write(document.Account, document.Id);
        return body.Error is { } tooLarge
            ? DocumentWriteResult.Refused(tooLarge)
            : new DocumentWriteResult(null, [Replace(document, body.Value)]);
    }

    private WrittenDocument Replace(PostgresDocument document, ReadOnlyMemory<byte> body)
    {
        changes.Update(document with { Body = body });
        return new WrittenDocument(++Position, ChangeKind.Updated, document.Account, document.Owner, body);
    }

    private WrittenDocument Remove(PostgresDocument document)
    {
        changes.Delete(document);
        return new WrittenDocument(
            ++Position, ChangeKind.Deleted, document.Account, document.Owner, JsonFields.Quote(document.Id));
    }
}
