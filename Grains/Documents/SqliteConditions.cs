namespace Realtime.Documents;

/// <summary>
/// Builds the WHERE of one statement. Names and values from clients become parameters, except plain field names, which
/// stand in the text so that SQLite recognises the expression of an index.
/// </summary>
internal sealed class SqliteConditions
{
    private readonly List<string> _conditions = [];
    private readonly List<object> _parameters = [];

    /// <summary>The conditions so far as SQL.</summary>
    public string Where => _conditions.Count == 0 ? "" : " WHERE " + string.Join(" AND ", _conditions);

    /// <summary>The parameters of <see cref="Where"/> and those added by <see cref="Parameter"/>.</summary>
    public object[] Parameters => [.. _parameters];

    /// <summary>The value of a plainly named field, exactly as an index has it.</summary>
    /// <param name="field">A plain name.</param>
    public static string ValueOf(string field) => field switch
    {
        "id" => "id",
        "accountId" => "account",
        _ => $"json_extract(body,'$.\"{field}\"')",
    };

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
            Add($"account = {Parameter(account)}");
        }

        if (scope.OwnerId is { } owner)
        {
            Add($"owner = {Parameter(owner)}");
        }
    }

    /// <summary>Only documents that meet all clauses.</summary>
    /// <param name="clauses">The clauses.</param>
    /// <returns>Null, or 400 with the number of the clause that is wrong.</returns>
    public RealtimeError? Add(IReadOnlyList<QueryClause> clauses) =>
        QueryClauses.Read(
            clauses,
            (clause, value) => Add(new SqliteComparison(this, clause.Field).Compare(clause.Operator, value)));

    /// <summary>Expressions for value and JSON type of a field, null if it is missing.</summary>
    /// <param name="field">Any name.</param>
    public (string Value, string Type) Field(string field)
    {
        if (field is "id" or "accountId")
        {
            return (ValueOf(field), "'text'");
        }

        if (FieldName.IsPlain(field))
        {
            return (ValueOf(field), $"json_type(body,'$.\"{field}\"')");
        }

        var name = Parameter(field);
        return ($"(SELECT value FROM json_each(body) WHERE key = {name})", $"(SELECT type FROM json_each(body) WHERE key = {name})");
    }
}
