using System.Buffers;
using System.Text.Json;

namespace Realtime.Documents;

/// <summary>
/// Builds the WHERE of one statement. Names and values from clients become parameters, except plain field names, which
/// stand in the text so that SQLite recognises the expression of an index.
/// </summary>
internal sealed class SqliteConditions
{
    private const int MaxPlainName = 64;

    private static readonly SearchValues<char> PlainCharacters =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-");

    private readonly List<string> _conditions = [];
    private readonly List<object> _parameters = [];

    /// <summary>The conditions so far as SQL.</summary>
    public string Where => _conditions.Count == 0 ? "" : " WHERE " + string.Join(" AND ", _conditions);

    /// <summary>The parameters of <see cref="Where"/> and those added by <see cref="Parameter"/>.</summary>
    public object[] Parameters => [.. _parameters];

    /// <summary>Whether a field name may stand in the text of a statement.</summary>
    /// <param name="field">The name.</param>
    public static bool IsPlainName(string field) =>
        field.Length is > 0 and <= MaxPlainName && !field.AsSpan().ContainsAnyExcept(PlainCharacters);

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
    public RealtimeError? Add(IReadOnlyList<QueryClause> clauses)
    {
        if (clauses.Count > DocumentLimits.MaxClauses)
        {
            return RealtimeError.BadRequest($"a query takes {DocumentLimits.MaxClauses} clauses at most");
        }

        for (var i = 0; i < clauses.Count; i++)
        {
            try
            {
                using var value = JsonDocument.Parse(
                    clauses[i].Value, new JsonDocumentOptions { MaxDepth = DocumentLimits.MaxDepth });
                if (value.RootElement.ValueKind == JsonValueKind.Array
                    && value.RootElement.GetArrayLength() > DocumentLimits.MaxClauseElements)
                {
                    return RealtimeError.BadRequest(
                        $"the {i + 1} query clause's value has more than {DocumentLimits.MaxClauseElements} elements");
                }

                Add(new SqliteComparison(this, clauses[i].Field).Compare(clauses[i].Operator, value.RootElement));
            }
            catch (Exception error) when (error is JsonException or InvalidOperationException)
            {
                // Malformed, too deep, or a text whose bytes aren't UTF-8.
                return RealtimeError.BadRequest($"the {i + 1} query clause's value is not valid JSON");
            }
        }

        return null;
    }

    /// <summary>Expressions for value and JSON type of a field, null if it is missing.</summary>
    /// <param name="field">Any name.</param>
    public (string Value, string Type) Field(string field)
    {
        if (field is "id" or "accountId")
        {
            return (ValueOf(field), "'text'");
        }

        if (IsPlainName(field))
        {
            return (ValueOf(field), $"json_type(body,'$.\"{field}\"')");
        }

        var name = Parameter(field);
        return ($"(SELECT value FROM json_each(body) WHERE key = {name})", $"(SELECT type FROM json_each(body) WHERE key = {name})");
    }
}
