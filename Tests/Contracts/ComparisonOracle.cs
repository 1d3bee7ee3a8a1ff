using System.Text.Json;
using System.Text.Json.Nodes;
using Realtime.Documents;

namespace Realtime.Tests.Contracts;

/// <summary>The comparison of protocol 3.3, written a second time and as plainly as possible.</summary>
internal static class ComparisonOracle
{
    /// <summary>Whether a clause holds.</summary>
    /// <param name="field">JSON of the field; null if the document hasn't got it.</param>
    /// <param name="comparison">The operator.</param>
    /// <param name="value">JSON of the value.</param>
    public static bool Holds(string? field, QueryOperator comparison, string value)
    {
        var left = JsonNode.Parse(field ?? "null");
        var right = JsonNode.Parse(value);
        return comparison switch
        {
            QueryOperator.Equal => Equal(left, right),
            QueryOperator.NotEqual => !Equal(left, right),
            QueryOperator.Greater => Order(left, right) > 0,
            QueryOperator.Less => Order(left, right) < 0,
            QueryOperator.GreaterOrEqual => Order(left, right) >= 0,
            QueryOperator.LessOrEqual => Order(left, right) <= 0,
            QueryOperator.In => In(left, right),
            _ => !In(left, right),
        };
    }

    private static bool In(JsonNode? field, JsonNode? value) =>
        (value is JsonArray values && values.Any(element => Equal(field, element)))
        || (field is JsonArray elements && elements.Any(element => Equal(element, value)));

    private static bool Equal(JsonNode? left, JsonNode? right) => Kind(left) == Kind(right) && Kind(left) switch
    {
        JsonValueKind.Number => decimal.Parse(Text(left), Float) == decimal.Parse(Text(right), Float),
        JsonValueKind.String => left!.GetValue<string>() == right!.GetValue<string>(),
        _ => Text(left) == Text(right),
    };

    private static int? Order(JsonNode? left, JsonNode? right) => (Kind(left), Kind(right)) switch
    {
        (JsonValueKind.Number, JsonValueKind.Number) => decimal.Parse(Text(left), Float).CompareTo(decimal.Parse(Text(right), Float)),
        (JsonValueKind.String, JsonValueKind.String) => string.CompareOrdinal(left!.GetValue<string>(), right!.GetValue<string>()),
        _ => null,
    };

    private static readonly System.Globalization.NumberStyles Float = System.Globalization.NumberStyles.Float;

    private static JsonValueKind Kind(JsonNode? node) => node?.GetValueKind() ?? JsonValueKind.Null;

    private static string Text(JsonNode? node) => node?.ToJsonString() ?? "null";
}
