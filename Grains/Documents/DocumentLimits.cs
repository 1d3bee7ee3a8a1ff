namespace Realtime.Documents;

/// <summary>Bounds that the protocol fixes (3.3), the same for every store.</summary>
public static class DocumentLimits
{
    /// <summary>Largest document, in bytes of UTF-8, without the <c>id</c> and <c>accountId</c> that the server adds.</summary>
    public const int MaxDocumentBytes = 1024 * 1024;

    /// <summary>Most documents that one bulk create takes.</summary>
    public const int MaxBulkCreate = 1000;

    /// <summary>Most clauses of one query.</summary>
    public const int MaxClauses = 32;

    /// <summary>Most elements of the array that an <c>in</c> clause compares with.</summary>
    public const int MaxClauseElements = 1000;

    /// <summary>Most ids that one request may ask for.</summary>
    public const int MaxIds = 1000;

    /// <summary>Most documents on a page.</summary>
    public const int MaxPageSize = 100;

    /// <summary>Deepest nesting of a document or of a value to compare with.</summary>
    public const int MaxDepth = 64;
}
