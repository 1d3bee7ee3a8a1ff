using System.Buffers;
using System.IO.Pipelines;
using System.Text;
using System.Text.RegularExpressions;
using Realtime.Channels;
using Realtime.Gateway.Connections;
using Realtime.Gateway.Protocol;
using Realtime.Gateway.Sessions;
using Realtime.Gateway.Transports;
using Realtime.Tests.Connections;
using Realtime.Tests.Infrastructure;
using Realtime.Tests.Telemetry;

namespace Realtime.Tests.Transports;

/// <summary>Messages that came together, to a client that can come back: a cut may be between any two of them.</summary>
public sealed partial class BatchIdTests : IDisposable
{
    private static readonly ChannelPosition Start = new(7, 0);

    private readonly Pipe _pipe = new(new PipeOptions(pauseWriterThreshold: 0));
    private readonly Connection _connection = TestConnections.Create();

    public void Dispose() => _connection.Dispose();

    [Theory]
    [InlineData(Transport.ServerSentEvents)]
    [InlineData(Transport.WebSocket)]
    public async Task EachMessage_HasAnIdOfItsOwn(Transport transport)
    {
        var text = await WriteAsync(transport, [Message(1), Message(2), Message(3)]);

        Assert.Equal([1L, 2, 3], Positions(text));
        Assert.Equal(["1", "2", "3"], Data().Matches(text).Select(static data => data.Groups[1].Value));
    }

    [Theory]
    [InlineData(Transport.ServerSentEvents, 50)]
    [InlineData(Transport.ServerSentEvents, 200)]
    [InlineData(Transport.WebSocket, 50)]
    [InlineData(Transport.WebSocket, 200)]
    public async Task EachMessage_IsWhole_WhereverPiecesOfTheStreamsMemoryEnd(Transport transport, int count)
    {
        // From short ones, of which several fit into one piece, to some that fit into none; and more than goes together.
        var messages = Enumerable.Range(1, count).Select(static i => Message(i, padding: i % 20 * 127)).ToArray();

        var text = await WriteAsync(transport, messages);

        Assert.Equal(Enumerable.Range(1, count).Select(static i => (long)i), Positions(text));
        var end = transport == Transport.WebSocket ? "" : "\n\n";
        foreach (var message in messages)
        {
            var json = Encoding.UTF8.GetString(message.Json.Span);
            Assert.Contains((transport == Transport.WebSocket ? json[..^1] : $"\ndata: {json}") + end, text, StringComparison.Ordinal);
        }
    }

    private async Task<string> WriteAsync(Transport transport, OutboundMessage[] messages)
    {
        var session = _connection.RememberUser(TimeProvider.System);
        var slot = session.Join(Start);
        _connection.Outbox.Clear();
        var metrics = new TestMetrics().Gateway;
        OutboxWriter writer = transport == Transport.WebSocket
            ? new WebSocketWriter(_pipe.Writer, metrics)
            : new SseWriter(_pipe.Writer, metrics);
        writer.Attach(_connection, new SessionCursor(session, replies: 0, TimeProvider.System));

        session.Send(OutboundMessage.Together([.. messages]), slot);

        var written = await _pipe.Reader.ReadAsync(TestContext.Current.CancellationToken);
        return Encoding.Latin1.GetString(written.Buffer.ToArray());
    }

    private static IEnumerable<long> Positions(string text) =>
        Id().Matches(text).Select(static id => ResumeId.Parse(id.Groups[1].Value)!.Moves.Single().Step.From(Start).Offset);

    private static OutboundMessage Message(int offset, int padding = 0) => OutboundMessage.Fixed(
        Encoding.UTF8.GetBytes($$"""{"padding":"{{new string('x', padding)}}","data":"{{offset}}"}"""), new ChannelPosition(7, offset));

    [GeneratedRegex("""id(?:: |":")([A-Za-z0-9_.-]{20,})""")]
    private static partial Regex Id();

    [GeneratedRegex("""data":"(\d)""")]
    private static partial Regex Data();
}
