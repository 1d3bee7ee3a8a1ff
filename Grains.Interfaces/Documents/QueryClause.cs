namespace Realtime.Documents;

/// <summary>Comparison of a query clause (protocol 3.3). Different types are unequal and unordered.</summary>
[GenerateSerializer, Alias("realtime.QueryOperator")]
public enum QueryOperator
{
    /// <summary><c>==</c> or <c>=</c>. A missing field equals null.</summary>
    Equal = 0,

    /// <summary><c>!=</c> or <c>&lt;&gt;</c>: not <see cref="Equal"/>.</summary>
    NotEqual = 1,

    /// <summary><c>&gt;</c>.</summary>
    Greater = 2,

    /// <summary><c>&lt;</c>.</summary>
    Less = 3,

    /// <summary><c>&gt;=</c>.</summary>
    GreaterOrEqual = 4,

    /// <summary><c>&lt;=</c>.</summary>
    LessOrEqual = 5,

    /// <summary><c>in</c>: the field is an element of the value, or the value an element of the field.</summary>
    In = 6,

    /// <summary><c>!in</c> or <c>nin</c>: not <see cref="In"/>.</summary>
    NotIn = 7,
}

/// <summary>One condition on a top-level field; the clauses of a query are joined by AND.</summary>
/// <param name="Field">Name of the field, any text.</param>
/// <param name="Operator">The comparison.</param>
/// <param name="Value">The value to compare with, as JSON.</param>
[GenerateSerializer, Immutable, Alias("realtime.QueryClause")]
public sealed record QueryClause(string Field, QueryOperator Operator, ReadOnlyMemory<byte> Value);

/// <summary>Which page of which documents, in which order.</summary>
/// <param name="Clauses">Conditions; none means all.</param>
/// <param name="Page">1 for the first.</param>
/// <param name="Size">Documents a page, 1 to 100.</param>
/// <param name="Descending">Newest (or greatest) first instead of oldest (or least) first.</param>
/// <param name="SortField">Top-level field to sort by; null sorts by creation.</param>
[GenerateSerializer, Immutable, Alias("realtime.DocumentQuery")]
public sealed record DocumentQuery(QueryClause[] Clauses, int Page, int Size, bool Descending, string? SortField);

/// <summary>One page of documents.</summary>
/// <param name="Total">Documents that match, over all pages.</param>
/// <param name="Results">The page's documents as one JSON array, never null.</param>
[GenerateSerializer, Immutable, Alias("realtime.DocumentPage")]
public sealed record DocumentPage(long Total, ReadOnlyMemory<byte> Results);
