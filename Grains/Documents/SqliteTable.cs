namespace Realtime.Documents;

/// <summary>The table of one repository and its statements. Its name holds a number, never text from a client.</summary>
/// <remarks>
/// <c>seq</c> is the position of the change that created the document: the order of creation, never used again. It is
/// SQLite's row id, which every index ends with, so that an index on <c>account</c> serves the order by <c>seq</c> too.
/// </remarks>
internal sealed class SqliteTable(long id)
{
    /// <summary>Makes the list of repositories of a database.</summary>
    public const string CreateCatalogue = """
        CREATE TABLE IF NOT EXISTS repositories(
            id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, position INTEGER NOT NULL) STRICT
        """;

    /// <summary>Whether that list was made.</summary>
    public const string HasCatalogue = "SELECT count(*) FROM sqlite_schema WHERE name = 'repositories'";

    /// <summary>Names of all repositories.</summary>
    public const string ListRepositories = "SELECT name FROM repositories ORDER BY id";

    /// <summary>Finds a repository's id and position by name.</summary>
    public const string FindRepository = "SELECT id, position FROM repositories WHERE name = $1";

    /// <summary>Moves a repository's position.</summary>
    public const string MovePosition = "UPDATE repositories SET position = $1 WHERE id = $2";

    /// <summary>Id of the repository, and of its table.</summary>
    public long Id { get; } = id;

    /// <summary>Makes the table and the indexes that serve the scopes.</summary>
    public string Create { get; } = $"""
        CREATE TABLE r{id}(
            seq INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, account TEXT NOT NULL, owner TEXT NOT NULL,
            body TEXT NOT NULL, created INTEGER NOT NULL) STRICT;
        CREATE INDEX r{id}_account ON r{id}(account);
        CREATE INDEX r{id}_owner ON r{id}(owner);
        """;

    /// <summary>Adds a document, unless its id is taken: seq, id, account, owner, body as bytes, time of creation in Unix milliseconds.</summary>
    public string Insert { get; } = $"""
        INSERT INTO r{id}(seq, id, account, owner, body, created) VALUES ($1, $2, $3, $4, CAST($5 AS TEXT), $6)
        ON CONFLICT(id) DO NOTHING
        """;

    /// <summary>Finds one document by id.</summary>
    public string FindById { get; } = $"SELECT seq, id, account, owner, body FROM r{id} WHERE id = $1";

    /// <summary>Replaces the body of a document.</summary>
    public string Update { get; } = $"UPDATE r{id} SET body = CAST($1 AS TEXT) WHERE seq = $2";

    /// <summary>Removes a document.</summary>
    public string Delete { get; } = $"DELETE FROM r{id} WHERE seq = $1";

    /// <summary>The last document there is.</summary>
    public string LastSequence { get; } = $"SELECT coalesce(max(seq), 0) FROM r{id}";

    /// <summary>Number of indexes made on request.</summary>
    public string CountIndexes { get; } =
        $"SELECT count(*) FROM sqlite_schema WHERE type = 'index' AND tbl_name = 'r{id}' AND name GLOB 'r{id}_field_*'";

    /// <summary>The number of documents that match.</summary>
    /// <param name="conditions">Which ones.</param>
    public string Count(SqliteConditions conditions) => $"SELECT count(*) FROM r{Id}{conditions.Where}";

    /// <summary>One page of the documents that match.</summary>
    /// <param name="conditions">Which ones.</param>
    /// <param name="sortValue">Expression to sort by; null sorts by creation.</param>
    /// <param name="descending">The order.</param>
    /// <param name="limit">Parameter for the size of the page.</param>
    /// <param name="offset">Parameter for the number of documents before it.</param>
    public string Page(SqliteConditions conditions, string? sortValue, bool descending, string limit, string offset)
    {
        var direction = descending ? "DESC" : "ASC";
        var order = sortValue is null ? $"seq {direction}" : $"{sortValue} {direction}, seq {direction}";
        return $"SELECT body FROM r{Id}{conditions.Where} ORDER BY {order} LIMIT {limit} OFFSET {offset}";
    }

    /// <summary>Numbers and sizes of the next documents that match, in order of creation.</summary>
    /// <param name="conditions">Which ones, with the bounds of seq.</param>
    /// <param name="limit">Parameter for their number.</param>
    public string Select(SqliteConditions conditions, string limit) =>
        $"SELECT seq, octet_length(body) FROM r{Id}{conditions.Where} ORDER BY seq LIMIT {limit}";

    /// <summary>One document, if it matches.</summary>
    /// <param name="conditions">Which one.</param>
    public string Find(SqliteConditions conditions) => $"SELECT seq, id, account, owner, body FROM r{Id}{conditions.Where}";

    /// <summary>Makes an index on a field.</summary>
    /// <param name="field">A name that passed <see cref="FieldName.IsPlain"/>.</param>
    public string CreateIndex(string field) =>
        $"CREATE INDEX IF NOT EXISTS \"{IndexName(field)}\" ON r{Id}({SqliteConditions.ValueOf(field)})";

    /// <summary>Name of the index on a field. SQLite ignores case in names, so capitals are marked.</summary>
    /// <param name="field">A name that passed <see cref="FieldName.IsPlain"/>.</param>
    public string IndexName(string field) =>
        $"r{Id}_field_{string.Concat(field.Select(letter => char.IsAsciiLetterUpper(letter) ? $"^{letter}" : $"{letter}"))}";
}
