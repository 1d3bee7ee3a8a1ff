using Npgsql;

namespace Realtime.Documents;

/// <summary>
/// Builds the WHERE of one statement about the documents <c>d</c> of one repository. Whatever comes from clients is a
/// parameter, names of fields too.
/// </summary>
/// <param name="repository">The repository, which is the first parameter.</param>
internal sealed class PostgresConditions(PostgresRepository repository)
{
    private readonly List<string> _conditions = ["d.repository = $1"];
    private readonly List<object> _parameters = [repository.Id];

    /// <summary>The conditions so far as SQL.</summary>
    public string Where => " WHERE " + string.Join(" AND ", _conditions);

    /// <summary>Whether there is any condition beside the repository.</summary>
    public bool IsEmpty => _conditions.Count == 1;

    /// <summary>Takes a value in.</summary>
    /// <param name="value">The value.</param>
    /// <returns>Its place in the text.</returns>
    public string Parameter(object value)
    {
        _parameters.Add(value);
        return $"${_parameters.Count}";
    }

    /// <summary>Adds a condition.</summary>
    /// <param name="sql">SQL without text from clients.</param>
    public void Add(string sql) => _conditions.Add(sql);

    /// <summary>Only documents of a scope.</summary>
    /// <param name="scope">The scope.</param>
    public void Add(DocumentScope scope)
    {
        if (scope.AccountId is { } account)
        {
            Add($"d.account = {Parameter(PostgresText.Escape(account))}");
        }

        if (scope.OwnerId is { } owner)
        {
            Add($"d.owner = {Parameter(PostgresText.Escape(owner))}");
        }
    }

    /// <summary>Only documents that meet all clauses.</summary>
    /// <param name="clauses">The clauses.</param>
    /// <returns>Null, or 400 with the number of the clause that is wrong.</returns>
    public RealtimeError? Add(IReadOnlyList<QueryClause> clauses) =>
        QueryClauses.Read(clauses, (clause, value) =>
        {
            var comparison = new PostgresComparison(this, clause.Field, repository.FindIndex(clause.Field));
            Add(comparison.Compare(clause.Operator, value));
        });

    /// <summary>A statement with these conditions and parameters.</summary>
    /// <param name="sql">The statement.</param>
    public NpgsqlBatchCommand Command(string sql) => PostgresCommands.Create(sql, [.. _parameters]);
}
