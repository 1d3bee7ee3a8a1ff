using System.Collections.Immutable;
using Orleans.Concurrency;

namespace Realtime.Documents;

/// <summary>
/// One repository of one database: reads and writes under its permissions, one order of changes, and their events
/// (protocol 2 and 3). The only way to documents.
/// </summary>
/// <remarks>
/// Key: <see cref="RepositoryKey.Create"/>. Reads don't queue behind writes. Writes that wait for each other commit
/// together. Documents cross as UTF-8 JSON that was stored with <c>id</c> and <c>accountId</c> in it.
/// </remarks>
[Alias("realtime.IRepositoryGrain")]
public interface IRepositoryGrain : IGrainWithStringKey
{
    /// <summary>One document; 404 if there is none or the caller may not read it.</summary>
    /// <param name="caller">Who asks; null without authentication.</param>
    /// <param name="id">The document.</param>
    [Repeatable, AlwaysInterleave, Alias("Get")]
    ValueTask<Result<ReadOnlyMemory<byte>>> GetAsync(CallerIdentity? caller, string id);

    /// <summary>Several documents as a JSON array, in the order of the ids; missing and unreadable ones are left out.</summary>
    /// <param name="caller">Who asks; null without authentication.</param>
    /// <param name="ids">The documents.</param>
    [Repeatable, AlwaysInterleave, ResponseTimeout("00:00:07"), Alias("GetMany")]
    ValueTask<Result<ReadOnlyMemory<byte>>> GetManyAsync(CallerIdentity? caller, string[] ids);

    /// <summary>A page of the documents that the caller may read and that match.</summary>
    /// <param name="caller">Who asks; null without authentication.</param>
    /// <param name="query">Which ones.</param>
    [Repeatable, AlwaysInterleave, ResponseTimeout("00:00:07"), Alias("Query")]
    ValueTask<Result<DocumentPage>> QueryAsync(CallerIdentity? caller, DocumentQuery query);

    /// <summary>Number of documents that the caller may read and that match.</summary>
    /// <param name="caller">Who asks; null without authentication.</param>
    /// <param name="clauses">Conditions; none means all.</param>
    [Repeatable, AlwaysInterleave, ResponseTimeout("00:00:07"), Alias("Count")]
    ValueTask<Result<long>> CountAsync(CallerIdentity? caller, QueryClause[] clauses);

    /// <summary>Creates a document that belongs to the caller. Repeated with the same id it creates none.</summary>
    /// <param name="caller">Who creates.</param>
    /// <param name="id">Its id, from <see cref="Identifiers.NewId"/>.</param>
    /// <param name="document">A JSON object; <c>id</c>, <c>accountId</c> and <c>ownerId</c> in it are ignored.</param>
    /// <returns>The stored document.</returns>
    [Repeatable, AlwaysInterleave, ResponseTimeout("00:00:04"), Alias("Create")]
    ValueTask<Result<ReadOnlyMemory<byte>>> CreateAsync(CallerIdentity caller, string id, ReadOnlyMemory<byte> document);

    /// <summary>Creates all documents or none, in order. Repeated with the same id it creates none.</summary>
    /// <param name="caller">Who creates.</param>
    /// <param name="id">A new id, which <see cref="Identifiers.Number"/> makes those of the documents from.</param>
    /// <param name="documents">A JSON array of objects.</param>
    /// <returns>Number of documents.</returns>
    [Repeatable, AlwaysInterleave, ResponseTimeout("00:00:10"), Alias("CreateMany")]
    ValueTask<Result<long>> CreateManyAsync(CallerIdentity caller, string id, ReadOnlyMemory<byte> documents);

    /// <summary>Merges top-level fields into a document; 404 if not readable, 403 if readable and not writable.</summary>
    /// <param name="caller">Who changes.</param>
    /// <param name="id">The document.</param>
    /// <param name="patch">A JSON object; <c>id</c>, <c>accountId</c> and <c>ownerId</c> in it are ignored.</param>
    /// <returns>The document after the change.</returns>
    [AlwaysInterleave, ResponseTimeout("00:00:10"), Alias("Update")]
    ValueTask<Result<ReadOnlyMemory<byte>>> UpdateAsync(CallerIdentity caller, string id, ReadOnlyMemory<byte> patch);

    /// <summary>Merges top-level fields into every document that matches and that the caller may read and write.</summary>
    /// <param name="caller">Who changes.</param>
    /// <param name="patch">A JSON object.</param>
    /// <param name="clauses">Conditions; none means all.</param>
    /// <returns>Number of documents changed. Large numbers are changed in chunks.</returns>
    [AlwaysInterleave, ResponseTimeout("00:00:30"), Alias("UpdateMany")]
    ValueTask<Result<long>> UpdateManyAsync(CallerIdentity caller, ReadOnlyMemory<byte> patch, QueryClause[] clauses);

    /// <summary>Deletes a document.</summary>
    /// <param name="caller">Who deletes.</param>
    /// <param name="id">The document.</param>
    /// <returns>1, or 0 if there is none that the caller may read; 403 if readable and not writable.</returns>
    [AlwaysInterleave, ResponseTimeout("00:00:10"), Alias("Delete")]
    ValueTask<Result<long>> DeleteAsync(CallerIdentity caller, string id);

    /// <summary>Deletes every document that matches and that the caller may read and write.</summary>
    /// <param name="caller">Who deletes.</param>
    /// <param name="clauses">Conditions; none means all.</param>
    /// <returns>Number of documents deleted. Large numbers are deleted in chunks.</returns>
    [AlwaysInterleave, ResponseTimeout("00:00:30"), Alias("DeleteMany")]
    ValueTask<Result<long>> DeleteManyAsync(CallerIdentity caller, QueryClause[] clauses);

    /// <summary>Deletes every document of an owner, for the operator (protocol 8).</summary>
    /// <param name="ownerId">The owner.</param>
    /// <returns>Number of documents deleted.</returns>
    [AlwaysInterleave, Alias("DeleteOwned"), ResponseTimeout("00:10:00")]
    ValueTask<Result<long>> DeleteOwnedAsync(string ownerId);

    /// <summary>Adds to a number, atomically; an absent field counts as 0.</summary>
    /// <param name="caller">Who changes.</param>
    /// <param name="id">The document.</param>
    /// <param name="field">Top-level field.</param>
    /// <param name="amount">What to add, as a JSON number.</param>
    /// <returns>Null, or 404, 403, or 400 if the field isn't a number.</returns>
    [AlwaysInterleave, ResponseTimeout("00:00:10"), Alias("Increment")]
    ValueTask<RealtimeError?> IncrementAsync(CallerIdentity caller, string id, string field, ReadOnlyMemory<byte> amount);

    /// <summary>Makes an index that serves filters and sorting by a field.</summary>
    /// <param name="field">Top-level field.</param>
    [Repeatable, AlwaysInterleave, ResponseTimeout("00:00:30"), Alias("CreateIndex")]
    ValueTask<RealtimeError?> CreateIndexAsync(string field);

    /// <summary>
    /// States which audiences have members at a gateway. A gateway has at most one such call per repository under way.
    /// </summary>
    /// <param name="membership">What changed since the last statement, or the whole truth.</param>
    /// <returns>The position after which every change for those audiences reaches the gateway's inbox.</returns>
    [AlwaysInterleave, ResponseTimeout("00:00:03"), Alias("SetMembers")]
    ValueTask<RepositoryMembershipReply> SetMembersAsync(RepositoryMembership membership);

    /// <summary>What audiences have missed: their changes after a position, page by page.</summary>
    /// <param name="after">The position up to which they have everything.</param>
    /// <param name="audiences">The audiences. <see cref="Audience.Root"/> means the changes of all.</param>
    /// <returns>A page, or 503.</returns>
    [Repeatable, AlwaysInterleave, ResponseTimeout("00:00:05"), Alias("ReadChanges")]
    ValueTask<Result<RepositoryHistory>> ReadChangesAsync(long after, ImmutableArray<Audience> audiences);

    /// <summary>Number of connections in the repository's channel, over all gateways and audiences.</summary>
    [Repeatable, AlwaysInterleave, Alias("CountMembers")]
    ValueTask<int> CountMembersAsync();
}

/// <summary>A gateway's statement about its members of a repository's channel.</summary>
/// <param name="Gateway">Id of the gateway.</param>
/// <param name="Version">
/// Rises as long as the gateway lives, by one from a statement to a difference to it.
/// </param>
/// <param name="IsWhole">Whether <paramref name="Added"/> is everything, and not a difference to the version before.</param>
/// <param name="Members">Number of connections, over all audiences; 0 ends the subscription.</param>
/// <param name="Added">Audiences that have members now.</param>
/// <param name="Removed">Audiences that have none any more.</param>
[GenerateSerializer, Immutable, Alias("realtime.RepositoryMembership")]
public sealed record RepositoryMembership(
    string Gateway,
    long Version,
    bool IsWhole,
    int Members,
    ImmutableArray<Audience> Added,
    ImmutableArray<Audience> Removed);

/// <summary>The answer to a <see cref="RepositoryMembership"/>.</summary>
/// <param name="Position">Position of the repository at which the statement took effect.</param>
/// <param name="NeedsWhole">The grain doesn't know the version before (it was restarted): state the whole truth.</param>
/// <param name="Activation">The activation that answers; its events are those that fit the statement.</param>
[GenerateSerializer, Immutable, Alias("realtime.RepositoryMembershipReply")]
public readonly record struct RepositoryMembershipReply(long Position, bool NeedsWhole, Guid Activation = default);

/// <summary>Past changes of a repository that some audiences may know of.</summary>
/// <param name="IsContinuous">
/// Whether nothing is missing. Otherwise it can't be told any more what happened since the position that was asked for.
/// </param>
/// <param name="Changes">The changes, in order; none if they aren't continuous.</param>
/// <param name="UpTo">Position up to which these are all.</param>
/// <param name="IsLast">Whether nothing newer was there at the moment of the answer.</param>
[GenerateSerializer, Immutable, Alias("realtime.RepositoryHistory")]
public sealed record RepositoryHistory(bool IsContinuous, ImmutableArray<DocumentChange> Changes, long UpTo, bool IsLast);
