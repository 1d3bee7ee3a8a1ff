using System.Collections.Immutable;
using Microsoft.Data.Sqlite;

namespace Realtime.Documents;

/// <summary>Changes and deletions of existing documents, within a transaction.</summary>
/// <param name="session">The writing connection.</param>
/// <param name="table">The repository's table.</param>
/// <param name="timeLimit">Time that looking at conditions may take.</param>
/// <param name="nextPosition">Gives the number of the next change.</param>
internal sealed class SqliteChanges(SqliteSession session, SqliteTable table, TimeSpan timeLimit, Func<long> nextPosition)
{
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
        if (FindById(delete.Id) is not { } row || !row.IsIn(delete.Access.Read))
        {
            return DocumentWriteResult.Nothing;
        }

        return row.IsIn(delete.Access.Write)
            ? new DocumentWriteResult(null, [Remove(row)])
            : DocumentWriteResult.Refused(RealtimeError.NotAuthorized);
    }

    /// <summary>Merges fields into the documents of a selection that still match.</summary>
    public DocumentWriteResult Update(UpdateSelected update)
    {
        var patch = JsonFields.ParseChecked(update.Patch);
        return ChangeMatching(update.Target, update.Selection, row =>
        {
            var fields = JsonFields.ParseChecked(row.Body);
            fields.Merge(patch);
            return Replace(row, fields);
        });
    }

    /// <summary>Deletes the documents of a selection that still match.</summary>
    public DocumentWriteResult Delete(DeleteSelected delete) =>
        ChangeMatching(delete.Target, delete.Selection, row => Remove(row));

    private DocumentWriteResult ChangeOne(string id, DocumentAccess access, Func<JsonFields, RealtimeError?> change)
    {
        if (FindById(id) is not { } row || !row.IsIn(access.Read))
        {
            return DocumentWriteResult.Refused(RealtimeError.DocumentNotFound);
        }

        if (!row.IsIn(access.Write))
        {
            return DocumentWriteResult.Refused(RealtimeError.NotAuthorized);
        }

        var fields = JsonFields.ParseChecked(row.Body);
        if (change(fields) is { } error)
        {
            return DocumentWriteResult.Refused(error);
        }

        var written = Replace(row, fields);
        return written.Error is { } tooLarge
            ? DocumentWriteResult.Refused(tooLarge)
            : new DocumentWriteResult(null, [written.Value!]);
    }

    private DocumentWriteResult ChangeMatching(
        BulkTarget target, DocumentSelection selection, Func<Row, Result<WrittenDocument>> change)
    {
        var conditions = new SqliteConditions();
        var number = conditions.Parameter(0L);
        conditions.Add($"seq = {number}");
        conditions.Add(target.Access.Read);
        conditions.Add(target.Access.Write);
        if (conditions.Add(target.Clauses) is { } wrong)
        {
            return DocumentWriteResult.Refused(wrong);
        }

        var changes = ImmutableArray.CreateBuilder<WrittenDocument>(selection.Documents.Length);
        foreach (var row in StillMatching(conditions, selection))
        {
            var written = change(row);
            if (written.Error is { } error)
            {
                return DocumentWriteResult.Refused(error);
            }

            changes.Add(written.Value!);
        }

        return new DocumentWriteResult(null, changes.DrainToImmutable());
    }

    private List<Row> StillMatching(SqliteConditions conditions, DocumentSelection selection)
    {
        // All reads come before the first change: an interrupted change would take the whole transaction with it.
        session.Limit(timeLimit);
        try
        {
            using var find = session.Create(table.Find(conditions), conditions.Parameters);
            var rows = new List<Row>(selection.Documents.Length);
            foreach (var document in selection.Documents)
            {
                find.Parameters[0].Value = document;
                if (Read(find) is { } row)
                {
                    rows.Add(row);
                }
            }

            return rows;
        }
        finally
        {
            session.Limit(null);
        }
    }

    private Result<WrittenDocument> Replace(Row row, JsonFields fields)
    {
        var body = fields.Write(row.Account, row.Id);
        if (body.Error is { } tooLarge)
        {
            return tooLarge;
        }

        session.Run(table.Update, body.Value.ToArray(), row.Sequence);
        return new WrittenDocument(nextPosition(), ChangeKind.Updated, row.Account, row.Owner, body.Value);
    }

    private WrittenDocument Remove(Row row)
    {
        session.Run(table.Delete, row.Sequence);
        return new WrittenDocument(nextPosition(), ChangeKind.Deleted, row.Account, row.Owner, JsonFields.Quote(row.Id));
    }

    private Row? FindById(string id) => Read(session.Prepared(table.FindById, id));

    private static Row? Read(SqliteCommand command)
    {
        using var reader = command.ExecuteReader();
        return reader.Read()
            ? new Row(
                reader.GetInt64(0), reader.GetString(1), reader.GetString(2), reader.GetString(3), reader.GetFieldValue<byte[]>(4))
            : null;
    }

    private sealed record Row(long Sequence, string Id, string Account, string Owner, byte[] Body)
    {
        public bool IsIn(DocumentScope scope) => scope.Contains(Account, Owner);
    }
}
