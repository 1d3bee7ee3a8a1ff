using System.Collections.Immutable;
using Realtime.Documents;

namespace Realtime.Tests.Channels;

/// <summary>A repository's grain that records what it is told of members.</summary>
internal sealed class FakeRepositoryGrain : IRepositoryGrain
{
    /// <summary>Its position, answered to statements.</summary>
    public long Position { get; set; }

    /// <summary>Its activation, answered to statements.</summary>
    public Guid Activation { get; set; }

    /// <summary>Whether the next difference is answered by asking for the whole.</summary>
    public bool NeedsWhole { get; set; }

    /// <summary>Statements in order.</summary>
    public List<RepositoryMembership> Statements { get; } = [];

    /// <summary>What it can tell of the past, in order.</summary>
    public List<DocumentChange> History { get; } = [];

    /// <summary>Position before which it knows nothing.</summary>
    public long Forgotten { get; set; }

    /// <summary>Changes that a page of the past covers.</summary>
    public int PageSize { get; set; } = 100;

    /// <summary>Reads of the past in order: the position and the audiences.</summary>
    public List<(long After, string Audiences)> Reads { get; } = [];

    /// <summary>Calls that fail before one succeeds.</summary>
    public int Failures { get; set; }

    /// <summary>Runs before a page is answered.</summary>
    public Func<Task> BeforePage { get; set; } = () => Task.CompletedTask;

    public async ValueTask<Result<RepositoryHistory>> ReadChangesAsync(long after, ImmutableArray<Audience> audiences)
    {
        FailIfAsked();
        Reads.Add((after, string.Join(' ', audiences.Select(static audience => audience.Value).Order(StringComparer.Ordinal))));
        var page = History.Where(change => change.Position > after).Take(PageSize).ToList();
        var last = History.Count == 0 ? Position : History[^1].Position;
        await BeforePage();
        return after < Forgotten
            ? new RepositoryHistory(false, [], last, true)
            : new RepositoryHistory(
                true,
                [.. page.Where(change => audiences.Contains(change.Audience) || audiences.Contains(Audience.Root))],
                page.Count == 0 ? last : page[^1].Position,
                page.Count == 0 || page[^1].Position == last);
    }

    public ValueTask<RepositoryMembershipReply> SetMembersAsync(RepositoryMembership membership)
    {
        FailIfAsked();
        Statements.Add(membership);
        var needsWhole = NeedsWhole && !membership.IsWhole;
        NeedsWhole &= !needsWhole;
        return ValueTask.FromResult(new RepositoryMembershipReply(Position, needsWhole, Activation));
    }

    private void FailIfAsked()
    {
        if (Failures > 0)
        {
            Failures--;
            throw new TimeoutException("The silo is being replaced.");
        }
    }

    public ValueTask<int> CountMembersAsync() => throw new NotSupportedException();

    public ValueTask<Result<ReadOnlyMemory<byte>>> GetAsync(CallerIdentity? caller, string id) => throw new NotSupportedException();

    public ValueTask<Result<ReadOnlyMemory<byte>>> GetManyAsync(CallerIdentity? caller, string[] ids) => throw new NotSupportedException();

    public ValueTask<Result<DocumentPage>> QueryAsync(CallerIdentity? caller, DocumentQuery query) => throw new NotSupportedException();

    public ValueTask<Result<long>> CountAsync(CallerIdentity? caller, QueryClause[] clauses) => throw new NotSupportedException();

    public ValueTask<Result<ReadOnlyMemory<byte>>> CreateAsync(CallerIdentity caller, string id, ReadOnlyMemory<byte> document) => throw new NotSupportedException();

    public ValueTask<Result<long>> CreateManyAsync(CallerIdentity caller, string id, ReadOnlyMemory<byte> documents) => throw new NotSupportedException();

    public ValueTask<Result<ReadOnlyMemory<byte>>> UpdateAsync(CallerIdentity caller, string id, ReadOnlyMemory<byte> patch) => throw new NotSupportedException();

    public ValueTask<Result<long>> UpdateManyAsync(CallerIdentity caller, ReadOnlyMemory<byte> patch, QueryClause[] clauses) => throw new NotSupportedException();

    public ValueTask<Result<long>> DeleteAsync(CallerIdentity caller, string id) => throw new NotSupportedException();

    public ValueTask<Result<long>> DeleteManyAsync(CallerIdentity caller, QueryClause[] clauses) => throw new NotSupportedException();

    public ValueTask<Result<long>> DeleteOwnedAsync(string ownerId) => throw new NotSupportedException();

    public ValueTask<RealtimeError?> IncrementAsync(CallerIdentity caller, string id, string field, ReadOnlyMemory<byte> amount) => throw new NotSupportedException();

    public ValueTask<RealtimeError?> CreateIndexAsync(string field) => throw new NotSupportedException();
}
