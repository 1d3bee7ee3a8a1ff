using System.Text.Json;

namespace Realtime.Documents;

/// <summary>
/// Writes the typed comparison of one field (protocol 3.3) as SQL. SQLite's own comparison takes true for 1 and orders
/// numbers before texts, so every comparison looks at the JSON type too.
/// </summary>
internal sealed class SqliteComparison
{
    private const string Numbers = "('integer','real')";

    private readonly SqliteConditions _conditions;
    private readonly string _value;
    private readonly string _type;

    /// <summary>Prepares comparisons with a field.</summary>
    /// <param name="conditions">Takes the parameters.</param>
    /// <param name="field">Any name.</param>
    public SqliteComparison(SqliteConditions conditions, string field)
    {
        _conditions = conditions;
        (_value, _type) = conditions.Field(field);
    }

    /// <summary>The condition of a clause.</summary>
    /// <param name="comparison">The operator.</param>
    /// <param name="value">The value to compare with.</param>
    public string Compare(QueryOperator comparison, JsonElement value) => comparison switch
    {
        QueryOperator.Equal => Equal(_value, _type, value),
        QueryOperator.NotEqual => Not(Equal(_value, _type, value)),
        QueryOperator.Greater => Ordered(">", value),
        QueryOperator.Less => Ordered("<", value),
        QueryOperator.GreaterOrEqual => Ordered(">=", value),
        QueryOperator.LessOrEqual => Ordered("<=", value),
        QueryOperator.In => In(value),
        QueryOperator.NotIn => Not(In(value)),
        _ => throw new ArgumentOutOfRangeException(nameof(comparison)),
    };

    // A comparison with a missing field is null in SQL, and its opposite would be too.
    private static string Not(string condition) => $"({condition}) IS NOT TRUE";

    private string Equal(string value, string type, JsonElement other) => other.ValueKind switch
    {
        JsonValueKind.Null => $"{value} IS NULL",
        JsonValueKind.True => $"{type} = 'true'",
        JsonValueKind.False => $"{type} = 'false'",
        JsonValueKind.Number => $"({value} = {Constant(other)} AND {type} IN {Numbers})",
        JsonValueKind.String => $"({value} = {Constant(other)} AND {type} = 'text')",
        JsonValueKind.Array => $"({value} = {Constant(other)} AND {type} = 'array')",
        _ => $"({value} = {Constant(other)} AND {type} = 'object')",
    };

    private string Ordered(string comparison, JsonElement other) => other.ValueKind switch
    {
        JsonValueKind.Number => $"({_value} {comparison} {Constant(other)} AND {_type} IN {Numbers})",
        JsonValueKind.String => $"({_value} {comparison} {Constant(other)} AND {_type} = 'text')",
        _ => "0",
    };

    // Both readings hold (protocol 3.3): the field is an element of the value, or the value an element of the field.
    private string In(JsonElement other)
    {
        var contains = $"""
            ({_type} = 'array' AND EXISTS (
                SELECT 1 FROM json_each(CASE WHEN {_type} = 'array' THEN {_value} ELSE '[]' END) AS element
                WHERE {Equal("element.value", "element.type", other)}))
            """;
        return other.ValueKind == JsonValueKind.Array ? $"({contains} OR {ElementOf(other)})" : contains;
    }

    private string ElementOf(JsonElement array)
    {
        var alternatives = array.EnumerateArray().GroupBy(element => element.ValueKind).Select(group => group.Key switch
        {
            JsonValueKind.Number => Listed(group, $"{_type} IN {Numbers}"),
            JsonValueKind.String => Listed(group, $"{_type} = 'text'"),
            JsonValueKind.Array => Listed(group, $"{_type} = 'array'"),
            JsonValueKind.Object => Listed(group, $"{_type} = 'object'"),
            _ => Equal(_value, _type, group.First()),
        });
        return $"({string.Join(" OR ", alternatives.DefaultIfEmpty("0"))})";
    }

    private string Listed(IEnumerable<JsonElement> elements, string type)
    {
        var list = $"[{string.Join(',', elements.Select(element => element.GetRawText()))}]";
        return $"({_value} IN (SELECT value FROM json_each({_conditions.Parameter(list)})) AND {type})";
    }

    // Both sides go through the same JSON functions, so that escapes, huge numbers and spaces can't tell them apart.
    private string Constant(JsonElement other) => $"json_extract({_conditions.Parameter(other.GetRawText())},'$')";
}
