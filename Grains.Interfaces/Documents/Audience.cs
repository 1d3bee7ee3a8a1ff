namespace Realtime.Documents;

/// <summary>
/// Those members of a repository's channel who may read a document. Each event has exactly one, so nothing is
/// filtered per subscriber. Root members of a repository that isn't readable by everyone form a further one.
/// </summary>
/// <param name="Value"><c>*</c>, <c>root</c>, <c>a:{account}</c> or <c>o:{owner}</c>.</param>
[GenerateSerializer, Immutable, Alias("realtime.Audience")]
public readonly record struct Audience(string Value)
{
    /// <summary>Every authenticated member.</summary>
    public static readonly Audience Everyone = new("*");

    /// <summary>Members with role 100.</summary>
    public static readonly Audience Root = new("root");

    /// <summary>Members of an account.</summary>
    /// <param name="accountId">The account.</param>
    public static Audience OfAccount(string accountId) => new("a:" + accountId);

    /// <summary>Connections of one user.</summary>
    /// <param name="ownerId">The user.</param>
    public static Audience OfOwner(string ownerId) => new("o:" + ownerId);
}
