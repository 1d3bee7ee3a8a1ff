using Npgsql;

namespace Realtime.Documents;

/// <summary>
/// The documents that a transaction works on, as they are after the writes so far, and what of that isn't in the
/// database yet. A document that is written many times goes there once.
/// </summary>
internal sealed class PostgresChanges
{
    private readonly Dictionary<string, PostgresDocument> _documents = new(StringComparer.Ordinal);
    private readonly SortedDictionary<long, PostgresDocument> _created = [];
    private readonly Dictionary<long, PostgresDocument> _updated = [];
    private readonly HashSet<long> _deleted = [];

    /// <summary>Documents created less those deleted.</summary>
    public long Growth { get; private set; }

    /// <summary>A document, or null.</summary>
    /// <param name="id">Its id; one of those that were loaded or created.</param>
    public PostgresDocument? Find(string id) => _documents.GetValueOrDefault(id);

    /// <summary>Takes a document in, as it is in the database.</summary>
    /// <param name="document">The document.</param>
    public void Load(PostgresDocument document) => _documents[document.Id] = document;

    /// <summary>Adds a new document.</summary>
    /// <param name="document">The document.</param>
    public void Create(PostgresDocument document)
    {
        _documents.Add(document.Id, document);
        _created.Add(document.Sequence, document);
        Growth++;
    }

    /// <summary>Replaces a document.</summary>
    /// <param name="document">What it is now.</param>
    public void Update(PostgresDocument document)
    {
        _documents[document.Id] = document;
        if (_created.ContainsKey(document.Sequence))
        {
            _created[document.Sequence] = document;
        }
        else
        {
            _updated[document.Sequence] = document;
        }
    }

    /// <summary>Removes a document.</summary>
    /// <param name="document">The document.</param>
    public void Delete(PostgresDocument document)
    {
        _documents.Remove(document.Id);
        _updated.Remove(document.Sequence);
        if (!_created.Remove(document.Sequence))
        {
            _deleted.Add(document.Sequence);
        }

        Growth--;
    }

    /// <summary>The statements that bring the database up to date. They are run before the next change.</summary>
    /// <param name="repository">The repository.</param>
    /// <param name="now">Time of creation of new documents.</param>
    public List<NpgsqlBatchCommand> Flush(PostgresRepository repository, DateTimeOffset now)
    {
        var commands = new List<NpgsqlBatchCommand>();

        // First, as an id may come back.
        if (_deleted.Count > 0)
        {
            commands.Add(PostgresCommands.Create(PostgresCommands.Delete, repository.Id, _deleted.ToArray()));
            if (repository.Indexes.Count > 0)
            {
                var indexes = repository.Indexes.Select(index => index.Id).ToArray();
                commands.Add(PostgresCommands.Create(PostgresCommands.RemoveEntries, indexes, _deleted.ToArray()));
            }
        }

        var created = _created.Values.ToArray();
        var createdKeys = Array.ConvertAll(created, document => new DocumentKeys(document.Fields));
        if (created.Length > 0)
        {
            commands.Add(PostgresCommands.Create(
                PostgresCommands.Insert,
                repository.Id,
                Sequences(created),
                Array.ConvertAll(created, document => document.Id),
                Array.ConvertAll(created, document => document.Account),
                Array.ConvertAll(created, document => document.Owner),
                Bodies(created),
                Array.ConvertAll(createdKeys, keys => keys.Fields),
                Array.ConvertAll(createdKeys, keys => keys.Elements),
                now.UtcDateTime));
        }

        var updated = _updated.Values.ToArray();
        var updatedKeys = Array.ConvertAll(updated, document => new DocumentKeys(document.Fields));
        if (updated.Length > 0)
        {
            commands.Add(PostgresCommands.Create(
                PostgresCommands.Update,
                repository.Id,
                Sequences(updated),
                Bodies(updated),
                Array.ConvertAll(updatedKeys, keys => keys.Fields),
                Array.ConvertAll(updatedKeys, keys => keys.Elements)));
        }

        long[] sequences = [.. Sequences(created), .. Sequences(updated)];
        foreach (var index in sequences.Length > 0 ? repository.Indexes : [])
        {
            string[] keys = [.. createdKeys.Select(one => one.Of(index.Field)), .. updatedKeys.Select(one => one.Of(index.Field))];
            commands.Add(PostgresCommands.Create(PostgresCommands.SetEntries, index.Id, sequences, keys));
            if (index.IsExact && Array.Exists(keys, key => key.Length > PostgresIndex.EntryLength))
            {
                commands.Add(PostgresCommands.Create(PostgresCommands.MarkInexact, index.Id));
            }
        }

        _created.Clear();
        _updated.Clear();
        _deleted.Clear();
        return commands;
    }

    private static long[] Sequences(PostgresDocument[] documents) => Array.ConvertAll(documents, document => document.Sequence);

    private static byte[][] Bodies(PostgresDocument[] documents) => Array.ConvertAll(documents, document => document.Body.ToArray());
}
