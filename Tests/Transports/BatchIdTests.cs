using System.Buffers;
using System.IO.Pipelines;
using System.Text;
using System.Text.RegularExpressions;
using Realtime.Channels;
using Realtime.Gateway.Channels;
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
    private readonly Pipe _pipe = new();
    private readonly Connection _connection = TestConnections.Create();

    public void Dispose() => _connection.Dispose();

    [Theory]
    [InlineData(Transport.ServerSentEvents)]
    [InlineData(Transport.WebSocket)]
    public async Task EachMessage_HasAnIdOfItsOwn(Transport transport)
    {
        var session = NewSession(out var slot);
        _connection.Outbox.Clear();
        var metrics = new TestMetrics().Gateway;
        OutboxWriter writer = transport == Transport.WebSocket
            ? new WebSocketWriter(_pipe.Writer, metrics)
            : new SseWriter(_pipe.Writer, metrics);
        writer.Attach(_connection, new SessionCursor(session, replies: 0, TimeProvider.System));

        session.Send(OutboundMessage.Together([Message(1), Message(2), Message(3)]), slot);

        var written = await _pipe.Reader.ReadAsync(TestContext.Current.CancellationToken);
        var text = Encoding.Latin1.GetString(written.Buffer.ToArray());
        var positions = Id().Matches(text).Select(static id => ResumeId.Parse(id.Groups[1].Value)!.Moves.Single().Offset);
        Assert.Equal([1L, 2, 3], positions);
        Assert.Equal(["1", "2", "3"], Data().Matches(text).Select(static data => data.Groups[1].Value));
    }

    private static OutboundMessage Message(int offset) =>
        OutboundMessage.Fixed(Encoding.UTF8.GetBytes($$"""{"data":"{{offset}}"}"""), new ChannelPosition(7, offset));

    private ResumableSession NewSession(out int slot)
    {
        _connection.HoldNoSlot("tenant");
        var session = _connection.Remember(replicas: null, new LimitOptions(), TimeProvider.System);
        session.Bind("tenant", new CallerIdentity("db", "account", "user", 0, 1), DateTimeOffset.MaxValue, MessageEncoder.Ok);
        slot = session.BeginJoin();
        session.BeginMembership(slot, new ChannelPosition(7, 0));
        session.CompleteJoin(slot, "room", new NoSubscription(), MessageEncoder.Ok);
        return session;
    }

    [GeneratedRegex("""id(?:: |":")([A-Za-z0-9_-]{20,})""")]
    private static partial Regex Id();

    [GeneratedRegex("""data":"(\d)""")]
    private static partial Regex Data();

    private sealed class NoSubscription : ISubscription
    {
        public void Leave(Connection connection)
        {
        }
    }
}
