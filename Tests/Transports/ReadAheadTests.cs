using System.IO.Pipelines;
using System.Text;
using Realtime.Gateway.Transports;

namespace Realtime.Tests.Transports;

public sealed class ReadAheadTests
{
    private readonly Pipe _pipe = new();
    private readonly ReadAhead _reader;

    public ReadAheadTests() => _reader = new ReadAhead(_pipe.Reader.AsStream());

    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(5000)]
    public async Task Read_ReturnsEverythingInOrder_WhateverItIsAskedFor(int size)
    {
        var sent = string.Concat(Enumerable.Range(0, 3000).Select(static n => $"{n},"));
        await _pipe.Writer.WriteAsync(Encoding.ASCII.GetBytes(sent), TestContext.Current.CancellationToken);
        await _pipe.Writer.CompleteAsync();

        var received = new StringBuilder();
        var target = new byte[size];
        while (await ReadAsync(target) is var length and > 0)
        {
            received.Append(Encoding.ASCII.GetString(target, 0, length));
        }

        Assert.Equal(sent, received.ToString());
    }

    [Fact]
    public async Task EmptyRead_WaitsUntilThereIsSomething_AndTakesNothing()
    {
        var waiting = ReadAsync(Memory<byte>.Empty).AsTask();
        Assert.False(waiting.IsCompleted);
        await _pipe.Writer.WriteAsync("abc"u8.ToArray(), TestContext.Current.CancellationToken);
        Assert.Equal(0, await waiting);

        var target = new byte[1];
        Assert.Equal(1, await ReadAsync(target));
        Assert.Equal(0, await ReadAsync(Memory<byte>.Empty));
        Assert.Equal(1, await ReadAsync(target));

        Assert.Equal("b"u8, target);
    }

    [Fact]
    public async Task Read_GoesOn_WhenAWaitWasCancelled()
    {
        using var cancelled = new CancellationTokenSource();
        var target = new byte[3];
        var waiting = _reader.ReadAsync(target, cancelled.Token).AsTask();
        await cancelled.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);

        await _pipe.Writer.WriteAsync("abc"u8.ToArray(), TestContext.Current.CancellationToken);

        Assert.Equal(3, await ReadAsync(target));
        Assert.Equal("abc"u8, target);
    }

    private ValueTask<int> ReadAsync(Memory<byte> target) => _reader.ReadAsync(target, TestContext.Current.CancellationToken);
}
