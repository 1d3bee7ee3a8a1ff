namespace Realtime.Tests.Chaos.History;

/// <summary>A user, as the permissions of documents see it.</summary>
internal sealed record Person(string UserId, string AccountId);

/// <summary>Those who may read a document: all users of an account, or one user (protocol 2.3).</summary>
/// <param name="AccountId">The account; null if it is for one user.</param>
/// <param name="UserId">The user; null if it is for an account.</param>
internal sealed record Audience(string? AccountId, string? UserId)
{
    /// <summary>Whether a user is one of them.</summary>
    public bool Has(Person person) => AccountId is null ? UserId == person.UserId : AccountId == person.AccountId;
}
