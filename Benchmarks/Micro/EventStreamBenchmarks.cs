using System.Diagnostics.Metrics;
using System.IO.Pipelines;
using BenchmarkDotNet.Attributes;
using Realtime.Channels;
using Realtime.Gateway.Channels;
using Realtime.Gateway.Connections;
using Realtime.Gateway.Protocol;
using Realtime.Gateway.Sessions;
using Realtime.Gateway.Telemetry;
using Realtime.Gateway.Transports;

namespace Realtime.Benchmarks.Micro;

/// <summary>Publications that came together, written as Server-Sent Events to members who can all come back: each event has an id of their own.</summary>
public class EventStreamBenchmarks
{
    private const int Members = 1000;
    private const int Slot = 1;

    private readonly List<ResumableSession> _sessions = [];
    private readonly ReadOnlyMemory<byte> _payload = new byte[160];
    private long _offset;

    /// <summary>Publications that come together.</summary>
    [Params(1, 64)]
    public int Together { get; set; }

    /// <summary>Makes the members.</summary>
    [GlobalSetup]
    public void Setup()
    {
        var metrics = new GatewayMetrics(new ServiceCollection().AddMetrics().BuildServiceProvider().GetRequiredService<IMeterFactory>());
        for (var i = 0; i < Members; i++)
        {
            var connection = new Connection(TransportKind.ServerSentEvents, "db", new LimitOptions(), TimeProvider.System);
            connection.HoldNoSlot("tenant");
            var session = connection.Remember(replicas: null, new LimitOptions(), TimeProvider.System);
            session.Bind("tenant", new CallerIdentity("db", "account", "user", 0, 1), DateTimeOffset.MaxValue, MessageEncoder.Ok);
            session.BeginJoin();
            session.BeginMembership(Slot, new ChannelPosition(1, 0));
            session.CompleteJoin(Slot, "room", new NoSubscription(), MessageEncoder.Ok);
            new SseWriter(new NoStream(), metrics).Attach(connection, new SessionCursor(session, replies: 0, TimeProvider.System));
            _sessions.Add(session);
        }
    }

    /// <summary>One batch to every member.</summary>
    [Benchmark]
    public void Write()
    {
        var messages = new OutboundMessage[Together];
        for (var i = 0; i < messages.Length; i++)
        {
            messages[i] = OutboundMessage.Fixed(_payload, new ChannelPosition(1, ++_offset));
        }

        var message = OutboundMessage.Together([.. messages]);
        foreach (var session in _sessions)
        {
            session.Send(message, Slot);
        }
    }

    private sealed class NoSubscription : ISubscription
    {
        public void Leave(Connection connection)
        {
        }
    }

    private sealed class NoStream : PipeWriter
    {
        private readonly byte[] _piece = new byte[4096];

        public override Memory<byte> GetMemory(int sizeHint = 0) => _piece;

        public override Span<byte> GetSpan(int sizeHint = 0) => _piece;

        public override void Advance(int bytes)
        {
        }

        public override ValueTask<FlushResult> FlushAsync(CancellationToken cancellationToken = default) => default;

        public override void CancelPendingFlush() => throw new NotSupportedException();

        public override void Complete(Exception? exception = null) => throw new NotSupportedException();
    }
}
