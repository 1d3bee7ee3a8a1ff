using System.Text.Json;
using System.Text.Unicode;
using Realtime.Documents;

namespace Realtime.Gateway.Http;

/// <summary>Reads the filters of a query: a JSON array of <c>[field, operator, value]</c> (protocol 3.2, 3.3).</summary>
internal static class QueryParser
{
    /// <summary>Most clauses that one query may have.</summary>
    public const int MaxClauses = 32;

    /// <summary>Reads filters.</summary>
    /// <param name="json">The filters; nothing or null means none.</param>
    /// <returns>The clauses, or a 400 that names the clause at fault, counted from 1.</returns>
    public static Result<QueryClause[]> Parse(ReadOnlyMemory<byte> json)
    {
        if (json.IsEmpty)
        {
            return Array.Empty<QueryClause>();
        }

        // The reader doesn't look at the bytes inside strings, and values are passed on as they are.
        if (!Utf8.IsValid(json.Span))
        {
            return RealtimeError.InvalidBody;
        }

        try
        {
            using var document = JsonDocument.Parse(json);
            return document.RootElement.ValueKind switch
            {
                JsonValueKind.Null => Array.Empty<QueryClause>(),
                JsonValueKind.Array => ReadClauses(document.RootElement),
                _ => RealtimeError.InvalidBody,
            };
        }
        catch (JsonException)
        {
            return RealtimeError.InvalidBody;
        }
    }

    /// <summary>Reads filters that are already parsed.</summary>
    public static Result<QueryClause[]> ReadClauses(JsonElement filters)
    {
        try
        {
            return ReadText(filters);
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            // How the reader and the serializer say that a text holds half of a surrogate pair.
            return RealtimeError.InvalidBody;
        }
    }

    private static Result<QueryClause[]> ReadText(JsonElement filters)
    {
        if (filters.ValueKind != JsonValueKind.Array)
        {
            return RealtimeError.InvalidBody;
        }

        if (filters.GetArrayLength() > MaxClauses)
        {
            return RealtimeError.BadRequest($"a query can have {MaxClauses} clauses at most");
        }

        var clauses = new List<QueryClause>(filters.GetArrayLength());
        foreach (var clause in filters.EnumerateArray())
        {
            var number = clauses.Count + 1;
            if (clause.ValueKind != JsonValueKind.Array
                || clause.GetArrayLength() != 3
                || clause[0].ValueKind != JsonValueKind.String
                || clause[1].ValueKind != JsonValueKind.String)
            {
                return RealtimeError.BadRequest($"the {number} query clause must be an array of field, operator and value");
            }

            var text = clause[1].GetString()!;
            if (ReadOperator(text) is not { } comparison)
            {
                var shown = text.Length <= 20 ? text : text[..20];
                return RealtimeError.BadRequest($"the {number} query clause's operator: {shown} is not supported at the moment");
            }

            clauses.Add(new QueryClause(clause[0].GetString()!, comparison, JsonSerializer.SerializeToUtf8Bytes(clause[2])));
        }

        return clauses.ToArray();
    }

    private static QueryOperator? ReadOperator(string text) => text switch
    {
        "==" or "=" => QueryOperator.Equal,
        "!=" or "<>" => QueryOperator.NotEqual,
        ">" => QueryOperator.Greater,
        "<" => QueryOperator.Less,
        ">=" => QueryOperator.GreaterOrEqual,
        "<=" => QueryOperator.LessOrEqual,
        "in" => QueryOperator.In,
        "!in" or "nin" => QueryOperator.NotIn,
        _ => null,
    };
}
