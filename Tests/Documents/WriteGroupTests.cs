using Realtime.Documents;

namespace Realtime.Tests.Documents;

public sealed class WriteGroupTests
{
    private readonly List<List<string>> _batches = [];
    private readonly List<string> _log = [];
    private readonly DocumentOptions _options = new() { MaxBatchWrites = 3, MaxWaitingWrites = 5, MaxBatchBytes = 100, MaxWaitingBytes = 1000 };
    private TaskCompletionSource _disk = new();
    private Exception? _failure;

    [Fact]
    public async Task Writes_GatherWhileATransactionIsUnderWay()
    {
        var group = Group();

        var writes = Enumerable.Range(0, 6).Select(n => group.AddAsync(Write($"{n}"))).ToList();
        _disk.SetResult();
        await Task.WhenAll(writes);

        Assert.Equal([["0"], ["1", "2", "3"], ["4", "5"]], _batches);
    }

    [Fact]
    public async Task Callers_AreAnswered_AfterTheBatchIsAnnounced()
    {
        var group = Group();
        var write = group.AddAsync(Write("0"));
        var answered = Log(write);

        _disk.SetResult();
        await answered;

        Assert.Equal(["announced", "answered"], _log);
    }

    [Fact]
    public async Task Write_IsRefused_WhenTooManyWait()
    {
        var group = Group();

        var writes = Enumerable.Range(0, 7).Select(n => group.AddAsync(Write($"{n}"))).ToList();
        var refused = await writes[6];
        _disk.SetResult();

        Assert.Equal(RealtimeError.TemporarilyUnavailable, refused.Error);
        Assert.All(await Task.WhenAll(writes[..6]), result => Assert.Null(result.Error));
    }

    [Fact]
    public async Task Batch_EndsWithItsBytes()
    {
        var group = Group();

        var writes = Enumerable.Range(0, 3).Select(n => group.AddAsync(Write($"{n}", 60))).ToList();
        _disk.SetResult();
        await Task.WhenAll(writes);

        Assert.Equal([["0"], ["1"], ["2"]], _batches);
    }

    [Fact]
    public async Task Writes_GoOn_AfterABatchFailed()
    {
        var group = Group();
        _failure = new IOException("The disk is full.");
        var failed = group.AddAsync(Write("0"));
        _disk.SetResult();
        await Assert.ThrowsAsync<IOException>(() => failed);

        _failure = null;
        var next = await group.AddAsync(Write("1"));

        Assert.Null(next.Error);
    }

    [Fact]
    public async Task Stop_WaitsForWhatWasTaken_AndTakesNoMore()
    {
        var group = Group();
        var taken = group.AddAsync(Write("0"));

        var stopped = group.StopAsync();
        var late = await group.AddAsync(Write("1"));
        var wasWaiting = !stopped.IsCompleted;
        _disk.SetResult();
        await stopped;

        Assert.True(wasWaiting);
        Assert.Equal(RealtimeError.TemporarilyUnavailable, late.Error);
        Assert.Null((await taken).Error);
    }

    private WriteGroup Group() => new(CommitAsync, _ => _log.Add("announced"), _options);

    private async Task Log(Task answer)
    {
        await answer;
        _log.Add("answered");
    }

    private async Task<IReadOnlyList<DocumentWriteResult>> CommitAsync(IReadOnlyList<DocumentWrite> batch)
    {
        await _disk.Task;
        _disk = new TaskCompletionSource();
        _disk.SetResult();
        _batches.Add([.. batch.Select(write => ((UpdateDocument)write).Id)]);
        return _failure is null ? [.. batch.Select(_ => DocumentWriteResult.Nothing)] : throw _failure;
    }

    private static UpdateDocument Write(string id, int bytes = 1) => new(id, default, new byte[bytes]);
}
