using System.Collections.Immutable;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging;

namespace Realtime.Documents;

/// <summary>One transaction of writes to one repository (see <see cref="IDocumentStore.CommitAsync"/>).</summary>
internal sealed partial class SqliteBatch
{
    private readonly SqliteSession _session;
    private readonly SqliteDatabaseFile _file;
    private readonly string _repository;
    private readonly DocumentOptions _options;
    private readonly long _now;
    private readonly ILogger _logger;
    private SqliteTable? _table;
    private long _position;

    private SqliteBatch(
        SqliteSession session, SqliteDatabaseFile file, string repository, DocumentOptions options, DateTimeOffset now, ILogger logger)
    {
        _session = session;
        _file = file;
        _repository = repository;
        _options = options;
        _now = now.ToUnixTimeMilliseconds();
        _logger = logger;
    }

    /// <summary>Runs a transaction on this thread.</summary>
    public static DocumentWriteResult[] Commit(
        SqliteSession session,
        SqliteDatabaseFile file,
        string repository,
        IReadOnlyList<DocumentWrite> writes,
        DocumentOptions options,
        DateTimeOffset now,
        ILogger logger)
    {
        var batch = new SqliteBatch(session, file, repository, options, now, logger);
        return batch.Run(writes);
    }

    /// <summary>Makes an index in a transaction of its own.</summary>
    public static RealtimeError? CreateIndex(
        SqliteSession session,
        SqliteDatabaseFile file,
        string repository,
        string field,
        DocumentOptions options,
        DateTimeOffset now,
        ILogger logger)
    {
        var batch = new SqliteBatch(session, file, repository, options, now, logger);
        return batch.InTransaction(() => batch.CreateIndex(field));
    }

    private DocumentWriteResult[] Run(IReadOnlyList<DocumentWrite> writes) => InTransaction(() =>
    {
        var before = _position;
        var results = writes.Select(RunAlone).ToArray();
        if (_position != before)
        {
            _session.Run(SqliteTable.MovePosition, _position, _table!.Id);
            SqliteOutbox.Append(_session, _table.Id, before, results, _options, _now);
        }

        return results;
    });

    private T InTransaction<T>(Func<T> work)
    {
        _session.Run("BEGIN IMMEDIATE");
        try
        {
            FindRepository();
            var result = work();
            _session.Run("COMMIT");
            if (_table is not null)
            {
                // Only now: the table of a transaction that failed would be none.
                _file.Tables.TryAdd(_repository, _table);
            }

            return result;
        }
        catch
        {
            // SQLite ends the transaction by itself after some errors.
            if (_session.InTransaction)
            {
                _session.Run("ROLLBACK");
            }

            throw;
        }
    }

    private DocumentWriteResult RunAlone(DocumentWrite write)
    {
        var (table, position) = (_table, _position);
        _session.Run("SAVEPOINT write");
        var result = RunGuarded(write);
        if (result.Changes.IsEmpty)
        {
            _session.Run("ROLLBACK TO write");
            (_table, _position) = (table, position);
        }

        _session.Run("RELEASE write");
        return result;
    }

    private DocumentWriteResult RunGuarded(DocumentWrite write)
    {
        try
        {
            return Apply(write);
        }
        catch (SqliteException error) when (_session.InTransaction && SqliteSession.IsTimeLimit(error))
        {
            return DocumentWriteResult.Refused(RealtimeError.QueryTookTooLong);
        }
        catch (SqliteException error) when (_session.InTransaction && IsOfOneStatement(error))
        {
            LogWriteFailed(_logger, error, write.GetType().Name);
            return DocumentWriteResult.Refused(RealtimeError.TemporarilyUnavailable);
        }
    }

    // SQL error, too big, constraint: the statement failed, not the disk; the other writes of the batch can go on.
    private static bool IsOfOneStatement(SqliteException error) => error.SqliteErrorCode is 1 or 18 or 19;

    private DocumentWriteResult Apply(DocumentWrite write)
    {
        if (write is CreateDocuments create)
        {
            return Create(create);
        }

        if (_table is null)
        {
            return write is UpdateDocument or IncrementField
                ? DocumentWriteResult.Refused(RealtimeError.DocumentNotFound)
                : DocumentWriteResult.Nothing;
        }

        var changes = new SqliteChanges(_session, _table, _options.FilterTimeLimit, () => ++_position);
        return write switch
        {
            UpdateDocument update => changes.Update(update),
            IncrementField increment => changes.Increment(increment),
            DeleteDocument delete => changes.Delete(delete),
            UpdateSelected update => changes.Update(update),
            DeleteSelected delete => changes.Delete(delete),
            _ => throw new ArgumentOutOfRangeException(nameof(write)),
        };
    }

    private DocumentWriteResult Create(CreateDocuments create)
    {
        if (AddRepository() is { } error)
        {
            return DocumentWriteResult.Refused(error);
        }

        var before = _position;
        var changes = ImmutableArray.CreateBuilder<WrittenDocument>(create.Documents.Length);
        foreach (var document in create.Documents)
        {
            _position++;
            var insert = _session.Prepared(
                _table!.Insert, _position, document.Id, create.AccountId, create.OwnerId, document.Json.ToArray(), _now);
            if (insert.ExecuteNonQuery() == 0)
            {
                return FindRepeated(create, document.Id, before);
            }

            changes.Add(new WrittenDocument(
                _position, ChangeKind.Created, create.AccountId, create.OwnerId, document.Json));
        }

        return new DocumentWriteResult(null, changes.MoveToImmutable());
    }

    private DocumentWriteResult FindRepeated(CreateDocuments create, string id, long before)
    {
        // One that was created after that position is the same write's: it names an id twice.
        using var reader = _session.Prepared(_table!.FindById, id).ExecuteReader();
        return reader.Read() && reader.GetInt64(0) <= before && create.IsOf(reader.GetString(2), reader.GetString(3))
            ? DocumentWriteResult.WasRepeated(reader.GetFieldValue<byte[]>(4), create.Documents.Length)
            : RefuseId();
    }

    private DocumentWriteResult RefuseId()
    {
        LogIdTaken(_logger);
        return DocumentWriteResult.Refused(RealtimeError.TemporarilyUnavailable);
    }

    private RealtimeError? CreateIndex(string field)
    {
        if (!FieldName.IsPlain(field))
        {
            return FieldName.NotIndexable;
        }

        if (field is "id" or "accountId")
        {
            return null;
        }

        if (AddRepository() is { } error)
        {
            return error;
        }

        var exists = _session.Prepared(
            "SELECT count(*) FROM sqlite_schema WHERE type = 'index' AND name = $1 COLLATE NOCASE", _table!.IndexName(field));
        if ((long)exists.ExecuteScalar()! == 0)
        {
            if ((long)_session.Prepared(_table.CountIndexes).ExecuteScalar()! >= _options.MaxIndexes)
            {
                return FieldName.TooManyIndexes;
            }

            _session.Execute(_table.CreateIndex(field));
        }

        return null;
    }

    private void FindRepository()
    {
        using var reader = _session.Prepared(SqliteTable.FindRepository, _repository).ExecuteReader();
        if (reader.Read())
        {
            var id = reader.GetInt64(0);
            _table = _file.Tables.GetValueOrDefault(_repository) ?? new SqliteTable(id);
            _position = reader.GetInt64(1);
        }
    }

    private RealtimeError? AddRepository()
    {
        if (_table is not null)
        {
            return null;
        }

        if ((long)_session.Prepared("SELECT count(*) FROM repositories").ExecuteScalar()! >= _options.MaxRepositories)
        {
            return DocumentOptions.TooManyRepositories;
        }

        var add = _session.Prepared("INSERT INTO repositories(name, position) VALUES ($1, 0) RETURNING id", _repository);
        _table = new SqliteTable((long)add.ExecuteScalar()!);
        _session.Execute(_table.Create);
        return null;
    }

    [LoggerMessage(LogLevel.Error, "A document's new id is taken; its write was refused, the rest of its batch went on")]
    private static partial void LogIdTaken(ILogger logger);

    [LoggerMessage(LogLevel.Error, "A {Write} failed and was undone; the rest of its batch went on")]
    private static partial void LogWriteFailed(ILogger logger, Exception error, string write);
}
