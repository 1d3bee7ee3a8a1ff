namespace Realtime.Documents;

/// <summary>A set of documents of one repository that one right reaches: all, one account's or one owner's.</summary>
/// <param name="AccountId">The account, or null.</param>
/// <param name="OwnerId">The owner, or null.</param>
public readonly record struct DocumentScope(string? AccountId, string? OwnerId)
{
    /// <summary>Every document of the repository.</summary>
    public static readonly DocumentScope All;

    /// <summary>The documents of an account.</summary>
    /// <param name="accountId">The account.</param>
    public static DocumentScope OfAccount(string accountId) => new(accountId, null);

    /// <summary>The documents of an owner.</summary>
    /// <param name="ownerId">The owner.</param>
    public static DocumentScope OfOwner(string ownerId) => new(null, ownerId);

    /// <summary>Whether a document is in the set.</summary>
    /// <param name="accountId">Account of the document.</param>
    /// <param name="ownerId">Owner of the document.</param>
    public bool Contains(string accountId, string ownerId) =>
        (AccountId is null || string.Equals(AccountId, accountId, StringComparison.Ordinal))
        && (OwnerId is null || string.Equals(OwnerId, ownerId, StringComparison.Ordinal));
}
