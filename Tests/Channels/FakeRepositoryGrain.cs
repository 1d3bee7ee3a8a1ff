using Realtime.Documents;

namespace Realtime.Tests.Channels;

/// <summary>A repository's grain that records what it is told of members.</summary>
internal sealed class FakeRepositoryGrain : IRepositoryGrain
{
    /// <summary>Its position, answered to statements.</summary>
    public long Position { get; set; }

    /// <summary>Whether the next difference is answered by asking for the whole.</summary>
    public bool NeedsWhole { get; set; }

    /// <summary>Statements in order.</summary>
    public List<RepositoryMembership> Statements { get; } = [];

    public ValueTask<RepositoryMembershipReply> SetMembersAsync(RepositoryMembership membership)
    {
        Statements.Add(membership);
        var needsWhole = NeedsWhole && !membership.IsWhole;
        NeedsWhole &= !needsWhole;
        return ValueTask.FromResult(new RepositoryMembershipReply(Position, needsWhole));
    }

    public ValueTask<int> CountMembersAsync() => throw new NotSupportedException();

    public ValueTask<Result<ReadOnlyMemory<byte>>> GetAsync(CallerIdentity? caller, string id) => throw new NotSupportedException();

    public ValueTask<Result<ReadOnlyMemory<byte>>> GetManyAsync(CallerIdentity? caller, string[] ids) => throw new NotSupportedException();

    public ValueTask<Result<DocumentPage>> QueryAsync(CallerIdentity? caller, DocumentQuery query) => throw new NotSupportedException();

    public ValueTask<Result<long>> CountAsync(CallerIdentity? caller, QueryClause[] clauses) => throw new NotSupportedException();

    public ValueTask<Result<ReadOnlyMemory<byte>>> CreateAsync(CallerIdentity caller, ReadOnlyMemory<byte> document) => throw new NotSupportedException();

    public ValueTask<Result<long>> CreateManyAsync(CallerIdentity caller, ReadOnlyMemory<byte> documents) => throw new NotSupportedException();

    public ValueTask<Result<ReadOnlyMemory<byte>>> UpdateAsync(CallerIdentity caller, string id, ReadOnlyMemory<byte> patch) => throw new NotSupportedException();

    public ValueTask<Result<long>> UpdateManyAsync(CallerIdentity caller, ReadOnlyMemory<byte> patch, QueryClause[] clauses) => throw new NotSupportedException();

    public ValueTask<Result<long>> DeleteAsync(CallerIdentity caller, string id) => throw new NotSupportedException();

    public ValueTask<Result<long>> DeleteManyAsync(CallerIdentity caller, QueryClause[] clauses) => throw new NotSupportedException();

    public ValueTask<Result<long>> DeleteOwnedAsync(string ownerId) => throw new NotSupportedException();

    public ValueTask<RealtimeError?> IncrementAsync(CallerIdentity caller, string id, string field, ReadOnlyMemory<byte> amount) => throw new NotSupportedException();

    public ValueTask<RealtimeError?> CreateIndexAsync(string field) => throw new NotSupportedException();
}
