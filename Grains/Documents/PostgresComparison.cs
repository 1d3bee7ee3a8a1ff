using System.Runtime.InteropServices;
using System.Text.Json;

namespace Realtime.Documents;

/// <summary>Writes the typed comparison of one field (protocol 3.3) as SQL about the field's <see cref="ComparisonKey"/>.</summary>
internal sealed class PostgresComparison
{
    private readonly PostgresConditions _conditions;
    private readonly PostgresIndex? _index;
    private readonly string _elements;
    private readonly bool _isColumn;

    /// <summary>Prepares comparisons with a field.</summary>
    /// <param name="conditions">Takes the parameters.</param>
    /// <param name="field">Any name.</param>
    /// <param name="index">The index of the field, if it has one.</param>
    public PostgresComparison(PostgresConditions conditions, string field, PostgresIndex? index)
    {
        _conditions = conditions;
        _index = index;
        _isColumn = field is "id" or "accountId";
        if (_isColumn)
        {
            (Key, _elements) = (field == "id" ? "d.id" : "d.account", "NULL::jsonb");
            return;
        }

        var name = conditions.Parameter(PostgresText.Escape(field));
        (Key, _elements) = ($"((d.keys ->> {name}) COLLATE \"C\")", $"(d.elements -> {name})");
    }

    /// <summary>The field's key, null if it is missing. For <c>id</c> and <c>accountId</c> the text itself.</summary>
    public string Key { get; }

    /// <summary>The condition of a clause.</summary>
    /// <param name="comparison">The operator.</param>
    /// <param name="value">The value to compare with.</param>
    public string Compare(QueryOperator comparison, JsonElement value)
    {
        var json = JsonMarshal.GetRawUtf8Value(value);
        var key = ComparisonKey.Of(json);
        return comparison switch
        {
            QueryOperator.Equal => Equal(key, _index),
            QueryOperator.NotEqual => Not(Equal(key, index: null)),
            QueryOperator.Greater => Ordered(">", key, value.ValueKind),
            QueryOperator.Less => Ordered("<", key, value.ValueKind),
            QueryOperator.GreaterOrEqual => Ordered(">=", key, value.ValueKind),
            QueryOperator.LessOrEqual => Ordered("<=", key, value.ValueKind),
            QueryOperator.In => In(key, ComparisonKey.OfElements(json)),
            QueryOperator.NotIn => Not(In(key, ComparisonKey.OfElements(json))),
            _ => throw new ArgumentOutOfRangeException(nameof(comparison)),
        };
    }

    // A comparison with a missing field is null in SQL, and its opposite would be too.
    private static string Not(string condition) => $"({condition}) IS NOT TRUE";

    private string Equal(string? key, PostgresIndex? index)
    {
        if (key is null)
        {
            return ThroughIndex(index, $"{Key} IS NULL", entry => $"{entry} = {_conditions.Parameter(ComparisonKey.Null)}");
        }

        return Constant(key) is { } constant
            ? ThroughIndex(index, $"{Key} = {constant}", entry => $"{entry} = {PostgresIndex.EntryOf(constant)}")
            : "FALSE";
    }

    private string Ordered(string comparison, string? key, JsonValueKind kind)
    {
        if (key is null || kind is not (JsonValueKind.Number or JsonValueKind.String) || Constant(key) is not { } constant)
        {
            return "FALSE";
        }

        if (_isColumn)
        {
            return $"{Key} {comparison} {constant}";
        }

        // The types lie side by side: the other end of this one bounds the range.
        var isGreater = comparison[0] == '>';
        var end = isGreater
            ? $"< {_conditions.Parameter(ComparisonKey.EndOfType(key))}"
            : $">= {_conditions.Parameter(key[..1])}";
        return ThroughIndex(
            _index,
            $"({Key} {comparison} {constant} AND {Key} {end})",
            entry => $"{entry} {comparison[0]}= {PostgresIndex.EntryOf(constant)} AND {entry} {end}");
    }

    // Both readings hold (protocol 3.3): the field is an element of the value, or the value an element of the field.
    private string In(string? key, IReadOnlyCollection<string>? elements)
    {
        var contains = $"{_elements} ? {_conditions.Parameter(key ?? ComparisonKey.Null)}";
        if (elements is null)
        {
            return contains;
        }

        var texts = elements.Where(element => element != ComparisonKey.Null);
        var listed = _isColumn ? texts.Where(IsText).Select(element => element[1..]) : texts;
        var isListed = $"{Key} = ANY({_conditions.Parameter(listed.ToArray())})";
        var isNull = elements.Contains(ComparisonKey.Null) ? $" OR {Key} IS NULL" : "";
        return $"({contains} OR {isListed}{isNull})";
    }

    private string? Constant(string key) =>
        !_isColumn ? _conditions.Parameter(key)
        : IsText(key) ? _conditions.Parameter(key[1..])
        : null;

    private static bool IsText(string key) => key[0] == ComparisonKey.Text;

    private string ThroughIndex(PostgresIndex? index, string condition, Func<string, string> entryCondition) =>
        index is null
            ? condition
            : $"{condition} AND d.seq IN ({PostgresIndex.Find(_conditions.Parameter(index.Id), entryCondition)})";
}
