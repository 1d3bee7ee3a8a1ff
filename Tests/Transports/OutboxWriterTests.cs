using System.Buffers;
using System.IO.Pipelines;
using System.Text;
using Realtime.Gateway.Connections;
using Realtime.Gateway.Transports;
using Realtime.Tests.Connections;
using Realtime.Tests.Telemetry;

namespace Realtime.Tests.Transports;

/// <summary>A client that takes nothing until it is asked to: a pipe that holds the first write back.</summary>
public sealed class OutboxWriterTests : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    private readonly Pipe _pipe = new(new PipeOptions(pauseWriterThreshold: 1, resumeWriterThreshold: 1, useSynchronizationContext: false));
    private readonly Connection _connection = TestConnections.Create();
    private readonly WebSocketWriter _writer;

    public OutboxWriterTests() => _writer = new WebSocketWriter(_pipe.Writer, new TestMetrics().Gateway);

    [Fact]
    public async Task WhatGathersWhileAClientTakesNothing_GoesWithTheNextWrite_InOrder()
    {
        _writer.Attach(_connection, cursor: null);

        Send("1");
        Send("2");
        Send("3");
        var first = await ReadAsync();
        var second = await ReadAsync();

        Assert.Equal("[1]", first);
        Assert.Equal("[2][3]", second);
    }

    [Fact]
    public async Task WhatWaitedBeforeTheWriterCame_IsWritten()
    {
        Send("early");

        _writer.Attach(_connection, cursor: null);

        Assert.Equal("[early]", await ReadAsync());
    }

    [Fact]
    public async Task ControlFrame_GoesBetweenMessages_AndIsWaitedFor()
    {
        _writer.Attach(_connection, cursor: null);
        Send("1");

        var ping = _writer.WriteControlAsync(new byte[] { 0x89, 0 });
        Send("2");
        var wasWrittenAtOnce = ping.IsCompleted;
        await ReadAsync();
        var second = await ReadAsync();
        await ping.WaitAsync(Patience, TestContext.Current.CancellationToken);

        Assert.False(wasWrittenAtOnce);
        Assert.Equal("(89 00)[2]", second);
    }

    [Fact]
    public async Task Finish_WaitsForWhatIsLeft_AndNoLongerThanItMay()
    {
        _writer.Attach(_connection, cursor: null);
        Send("1");
        Send("last words");
        _connection.End(EndReason.GoingAway);

        var hasFinished = await _writer.FinishAsync(TimeSpan.Zero, TestContext.Current.CancellationToken);
        await ReadAsync();
        var second = await ReadAsync();
        var hasFinishedNow = await _writer.FinishAsync(Patience, TestContext.Current.CancellationToken);

        Assert.False(hasFinished);
        Assert.Equal("[last words]", second);
        Assert.True(hasFinishedNow);
    }

    [Fact]
    public async Task AfterDetach_NothingMoreIsWritten_ForThatConnection()
    {
        _writer.Attach(_connection, cursor: null);
        Send("1");
        Send("2");

        var detached = _writer.DetachAsync();
        var wasBusy = !detached.IsCompleted;
        var first = await ReadAsync();
        await detached.WaitAsync(Patience, TestContext.Current.CancellationToken);
        var other = TestConnections.Create();
        _writer.Attach(other, cursor: null);
        other.Enqueue(OutboxItem.Reply(TestConnections.Message("of another")));

        Assert.True(wasBusy);
        Assert.Equal("[1]", first);
        Assert.Equal("[of another]", await ReadAsync());
        Assert.Equal(["2"], _connection.Sent());
    }

    [Fact]
    public async Task ClientThatIsGone_EndsTheConnection()
    {
        _writer.Attach(_connection, cursor: null);
        await _pipe.Reader.CompleteAsync();

        Send("1");

        await _connection.Ended.WaitAsync(Patience, TestContext.Current.CancellationToken);
        Assert.Equal(EndReason.ClientLeft, _connection.EndReason);
        Assert.False(await _writer.FinishAsync(Patience, TestContext.Current.CancellationToken));
        await Assert.ThrowsAsync<IOException>(() => _writer.WriteControlAsync(new byte[] { 0x89, 0 }));
    }

    public void Dispose() => _connection.Dispose();

    private void Send(string text) => _connection.Enqueue(OutboxItem.Reply(TestConnections.Message(text)));

    /// <summary>Takes what has been written so far: messages in brackets, other frames as bytes.</summary>
    private async Task<string> ReadAsync()
    {
        var read = await _pipe.Reader.ReadAsync(TestContext.Current.CancellationToken).AsTask().WaitAsync(Patience, TestContext.Current.CancellationToken);
        var bytes = read.Buffer.ToArray();
        _pipe.Reader.AdvanceTo(read.Buffer.End);
        var text = new StringBuilder();
        for (var i = 0; i < bytes.Length; i += 2 + bytes[i + 1])
        {
            text.Append(bytes[i] == 0x81
                ? $"[{Encoding.UTF8.GetString(bytes, i + 2, bytes[i + 1])}]"
                : $"({Convert.ToHexString(bytes, i, 1)} {Convert.ToHexString(bytes, i + 1, 1)})");
        }

        return text.ToString();
    }
}
