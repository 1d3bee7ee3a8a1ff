using Microsoft.Extensions.Time.Testing;
using Realtime.Documents;

namespace Realtime.Tests.Documents;

public sealed class BulkWritesTests
{
    private const int Chunks = 3;

    private readonly FakeTimeProvider _time = new();
    private readonly List<string> _committed = [];
    private readonly WriteGroup _writes;
    private Func<int, Result<DocumentSelection>> _select = number => Chunk(number);
    private Action<string> _onCommit = _ => { };

    public BulkWritesTests() => _writes = new WriteGroup(CommitAsync, _ => { }, new DocumentOptions());

    [Fact]
    public async Task OtherWrites_RunBetweenChunks()
    {
        var others = new List<Task>();
        _onCommit = id => others.AddRange(id.StartsWith("chunk", StringComparison.Ordinal) ? [_writes.AddAsync(Write("other"))] : []);

        var changed = await RunAsync(isHeard: false);
        await Task.WhenAll(others);

        Assert.Equal(Chunks, changed.Value);
        Assert.Equal(["chunk1", "other", "chunk2", "other", "chunk3", "other"], _committed);
    }

    [Fact]
    public async Task Chunks_WaitForTheirEvents_WhenThereAreMembers()
    {
        var run = RunAsync(isHeard: true);
        var beforeTimePasses = _committed.Count;

        while (!run.IsCompleted)
        {
            _time.Advance(TimeSpan.FromSeconds(1));
            await Task.Yield();
        }

        Assert.Equal(Chunks, (await run).Value);
        Assert.Equal(1, beforeTimePasses);
    }

    [Fact]
    public async Task Run_EndsWithTheRefusal_OfAChunk()
    {
        _select = number => number == 2 ? RealtimeError.QueryTookTooLong : Chunk(number);

        var changed = await RunAsync(isHeard: false);

        Assert.Equal(RealtimeError.QueryTookTooLong, changed.Error);
        Assert.Equal(["chunk1"], _committed);
    }

    [Fact]
    public async Task Run_ChangesNothing_WhenNothingMatches()
    {
        _select = _ => new DocumentSelection([], 0, 0, IsLast: true);

        var changed = await RunAsync(isHeard: false);

        Assert.Equal(0, changed.Value);
        Assert.Empty(_committed);
    }

    private static DocumentSelection Chunk(int number) => new([number], 1, Chunks, number == Chunks);

    private static UpdateDocument Write(string id) => new(id, default, default);

    private Task<Result<long>> RunAsync(bool isHeard)
    {
        var bulkWrites = new BulkWrites(
            (_, previous) => Task.FromResult(_select(previous is null ? 1 : (int)previous.Documents[0] + 1)),
            _writes,
            new BulkPace(2, _time));
        return bulkWrites.RunAsync(
            new BulkTarget(default, []), chunk => Write($"chunk{chunk.Documents[0]}"), () => isHeard);
    }

    private Task<IReadOnlyList<DocumentWriteResult>> CommitAsync(IReadOnlyList<DocumentWrite> batch)
    {
        foreach (var write in batch.Cast<UpdateDocument>())
        {
            _committed.Add(write.Id);
            _onCommit(write.Id);
        }

        return Task.FromResult<IReadOnlyList<DocumentWriteResult>>(
            [.. batch.Select(_ => new DocumentWriteResult(null, [new WrittenDocument(1, ChangeKind.Updated, "A", "a", "{}"u8.ToArray())]))]);
    }
}
