using System.Text.Json;
using System.Text.Unicode;

namespace Realtime.Documents;

/// <summary>Reads clauses that came from a client, within their bounds.</summary>
internal static class QueryClauses
{
    /// <summary>Hands on each clause with its value.</summary>
    /// <param name="clauses">The clauses.</param>
    /// <param name="add">Takes one; the value is valid JSON of UTF-8, and only valid during the call.</param>
    /// <returns>Null, or 400 with the number of the clause that is wrong.</returns>
    public static RealtimeError? Read(IReadOnlyList<QueryClause> clauses, Action<QueryClause, JsonElement> add)
    {
        if (clauses.Count > DocumentLimits.MaxClauses)
        {
            return RealtimeError.BadRequest($"a query takes {DocumentLimits.MaxClauses} clauses at most");
        }

        for (var i = 0; i < clauses.Count; i++)
        {
            using var value = TryParse(clauses[i].Value);
            if (value is null)
            {
                return RealtimeError.BadRequest($"the {i + 1} query clause's value is not valid JSON");
            }

            if (value.RootElement.ValueKind == JsonValueKind.Array
                && value.RootElement.GetArrayLength() > DocumentLimits.MaxClauseElements)
            {
                return RealtimeError.BadRequest(
                    $"the {i + 1} query clause's value has more than {DocumentLimits.MaxClauseElements} elements");
            }

            add(clauses[i], value.RootElement);
        }

        return null;
    }

    private static JsonDocument? TryParse(ReadOnlyMemory<byte> json)
    {
        try
        {
            // The parser doesn't look into texts.
            return Utf8.IsValid(json.Span)
                ? JsonDocument.Parse(json, new JsonDocumentOptions { MaxDepth = DocumentLimits.MaxDepth })
                : null;
        }
        catch (JsonException)
        {
            // Malformed or too deep.
            return null;
        }
    }
}
