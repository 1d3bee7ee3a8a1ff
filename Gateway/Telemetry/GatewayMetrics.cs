using System.Diagnostics.Metrics;
using Realtime.Gateway.Connections;
using Realtime.Gateway.Protocol;
using Realtime.Gateway.Sessions;

namespace Realtime.Gateway.Telemetry;

/// <summary>
/// What this gateway counts; docs/operations.md lists it. Tags come from closed sets: who a tenant, a user or a channel
/// is never becomes one.
/// </summary>
internal sealed class GatewayMetrics
{
    /// <summary>Name of the meter.</summary>
    public const string MeterName = "Realtime.Gateway";

    private static readonly TransportKind[] Transports = Enum.GetValues<TransportKind>();
    private static readonly KeyValuePair<string, object?>[] Commands =
        [.. Enum.GetValues<CommandKind>().Select(static kind => Tag("command", NameOf(kind)))];

    // What an event of a subscription is about: a channel's messages, or a repository's events.
    private const string Channel = "channel";
    private const string Repository = "repository";

    private static readonly string[] EndReasons = ["client_left", "going_away", "policy", "continuity", "connection_limit", "slow_reader", "taken_over"];

    private static readonly string[] ResumeOutcomes = ["init", "resumed", "plan_limit", "undecided"];

    private readonly StripedCounter[] _messages = [.. Transports.Select(static _ => new StripedCounter())];
    private readonly StripedCounter[] _bytes = [.. Transports.Select(static _ => new StripedCounter())];
    private readonly Counter<long> _opened;
    private readonly Counter<long> _ended;
    private readonly Counter<long> _refused;
    private readonly Counter<long> _resumed;
    private readonly Counter<long> _discarded;
    private readonly Counter<long> _commands;
    private readonly Counter<long> _commandsRefused;
    private readonly Histogram<int> _receivers;
    private readonly Histogram<double> _inboxLag;
    private readonly Counter<long> _inboxLost;
    private readonly Counter<long> _restatements;
    private readonly Counter<long> _catchUps;
    private readonly Counter<long> _membersEnded;

    public GatewayMetrics(IMeterFactory meters)
    {
        var meter = meters.Create(MeterName);
        _opened = meter.CreateCounter<long>("realtime.gateway.connections.opened", "{connection}", "Connections that were opened.");
        _ended = meter.CreateCounter<long>("realtime.gateway.connections.ended", "{connection}", "Connections that have ended, by reason.");
        _refused = meter.CreateCounter<long>(
            "realtime.gateway.connections.refused", "{connection}", "Connections that were not opened, by reason.");
        _resumed = meter.CreateCounter<long>(
            "realtime.gateway.sessions.resumed", "{session}", "Clients that came back with the id of a session, by outcome; init: they begin anew.");
        _discarded = meter.CreateCounter<long>(
            "realtime.gateway.sessions.discarded", "{session}", "Sessions whose clients have not come back in time, or can't any more.");
        _commands = meter.CreateCounter<long>("realtime.gateway.commands", "{command}", "Commands of clients.");
        _commandsRefused = meter.CreateCounter<long>(
            "realtime.gateway.commands.refused", "{command}", "Commands that were refused unread, by reason.");
        _receivers = meter.CreateHistogram(
            "realtime.gateway.fanout",
            "{receiver}",
            "Members of this gateway that a batch of publications was for.",
            advice: new InstrumentAdvice<int> { HistogramBucketBoundaries = [0, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 5000, 20_000, 100_000] });
        _inboxLag = meter.CreateHistogram(
            "realtime.gateway.inbox.lag",
            "s",
            "Time from a grain's publication to its arrival here, by the clocks of both machines.",
            advice: new InstrumentAdvice<double>
            {
                HistogramBucketBoundaries = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5],
            });
        _inboxLost = meter.CreateCounter<long>(
            "realtime.gateway.inbox.lost", "{message}", "Messages that the inbox is known to have lost; members resynchronise.");
        _restatements = meter.CreateCounter<long>(
            "realtime.gateway.restatements", "{restatement}", "Times that all members were stated to their grains again, by reason.");
        _catchUps = meter.CreateCounter<long>(
            "realtime.gateway.catchups", "{catchup}", "Times that something was missing and was read from what its grain keeps, by source.");
        _membersEnded = meter.CreateCounter<long>(
            "realtime.gateway.members.ended", "{member}", "Members that were ended because what they had missed couldn't be told, by source.");
        meter.CreateObservableCounter(
            "realtime.gateway.messages.sent", () => Read(_messages), "{message}", "Messages that were written to connections.");
        meter.CreateObservableCounter(
            "realtime.gateway.sent", () => Read(_bytes), "By", "Bytes that were written to connections, heartbeats included.");
    }

    /// <summary>The value of the tag <c>transport</c>.</summary>
    public static KeyValuePair<string, object?> TagOf(TransportKind transport) =>
        transport == TransportKind.WebSocket ? Tag("transport", "websocket") : Tag("transport", "sse");

    /// <summary>The value of the tag <c>command</c>, and the name of a command's span.</summary>
    public static string NameOf(CommandKind kind) => kind switch
    {
        CommandKind.Auth => "auth",
        CommandKind.ChanIn => "chan_in",
        CommandKind.Echo => "echo",
        CommandKind.Join => "join",
        CommandKind.Leave => "leave",
        CommandKind.Presence => "presence",
        CommandKind.Resume => "resume",
        _ => "unknown",
    };

    /// <summary>
    /// Says once, to those who collect by now, that nothing has gone wrong yet: the first failure would otherwise be the
    /// beginning of its series, which no rate can tell from an old one.
    /// </summary>
    public void ReportZeros()
    {
        foreach (var transport in Transports)
        {
            _opened.Add(0, TagOf(transport));
            foreach (var reason in EndReasons)
            {
                _ended.Add(0, TagOf(transport), Reason(reason));
            }
        }

        Array.ForEach(ResumeOutcomes, outcome => _resumed.Add(0, Tag("outcome", outcome)));
        _discarded.Add(0);
        Array.ForEach(["plan_limit", "undecided", "rate"], reason => _refused.Add(0, Reason(reason)));
        Array.ForEach(["rate", "queue"], reason => _commandsRefused.Add(0, Reason(reason)));
        Array.ForEach(["gap", "silence"], reason => _restatements.Add(0, Reason(reason)));
        Array.ForEach([Channel, Repository], source =>
        {
            _catchUps.Add(0, Source(source));
            _membersEnded.Add(0, Source(source));
        });
        Array.ForEach(Commands, command => _commands.Add(0, command));
        _inboxLost.Add(0);
    }

    public void Opened(TransportKind transport) => _opened.Add(1, TagOf(transport));

    public void Ended(TransportKind transport, EndReason? reason) => _ended.Add(1, TagOf(transport), Reason(reason switch
    {
        EndReason.GoingAway => "going_away",
        EndReason.Policy => "policy",
        EndReason.Internal => "continuity",
        EndReason.ConnectionLimit => "connection_limit",
        EndReason.SlowReader => "slow_reader",
        EndReason.TakenOver => "taken_over",
        _ => "client_left",
    }));

    /// <summary>A client has come back with an id of a session.</summary>
    public void Resumed(ResumeOutcome outcome) => _resumed.Add(1, Tag("outcome", ResumeOutcomes[(int)outcome]));

    /// <summary>The client of a session hasn't come back, or can't any more.</summary>
    public void Discarded() => _discarded.Add(1);

    /// <summary>The plan of the client's tenant is full.</summary>
    public void RefusedByPlan() => _refused.Add(1, Reason("plan_limit"));

    /// <summary>The cluster couldn't tell in time; the client is asked to come back.</summary>
    public void RefusedUndecided() => _refused.Add(1, Reason("undecided"));

    /// <summary>One address opens too many, or too many sockets have no database.</summary>
    public void RefusedByRate() => _refused.Add(1, Reason("rate"));

    public void Received(CommandKind kind) => _commands.Add(1, Commands[(int)kind]);

    /// <summary>A connection's commands come too fast.</summary>
    public void CommandRefusedByRate() => _commandsRefused.Add(1, Reason("rate"));

    /// <summary>Too many posted commands of a connection wait for the one before.</summary>
    public void CommandRefusedByQueue() => _commandsRefused.Add(1, Reason("queue"));

    public void Sent(TransportKind transport, int messages, int bytes)
    {
        _messages[(int)transport].Add(messages);
        _bytes[(int)transport].Add(bytes);
    }

    public void Delivered(int receivers) => _receivers.Record(receivers);

    public void Arrived(TimeSpan lag) => _inboxLag.Record(Math.Max(0, lag.TotalSeconds));

    public void Lost(long messages) => _inboxLost.Add(messages);

    /// <summary>The inbox lost something.</summary>
    public void RestatedAfterGap() => _restatements.Add(1, Reason("gap"));

    /// <summary>A silo is lost or fell silent, or the cluster had forgotten this gateway or didn't answer it.</summary>
    public void RestatedAfterSilence() => _restatements.Add(1, Reason("silence"));

    /// <summary>Members of a channel have missed something, which is read from its history.</summary>
    public void ChannelCatchUpBegun() => _catchUps.Add(1, Source(Channel));

    /// <summary>Members of a repository's channel have missed something, which is read from its outbox.</summary>
    public void RepositoryCatchUpBegun() => _catchUps.Add(1, Source(Repository));

    /// <summary>What members of a channel have missed can't be told; they are ended.</summary>
    public void ChannelMembersEnded(int members) => _membersEnded.Add(members, Source(Channel));

    /// <summary>What members of a repository's channel have missed can't be told; they are ended.</summary>
    public void RepositoryMembersEnded(int members) => _membersEnded.Add(members, Source(Repository));

    private static KeyValuePair<string, object?> Source(string source) => Tag("source", source);

    private static KeyValuePair<string, object?> Reason(string reason) => Tag("reason", reason);

    private static KeyValuePair<string, object?> Tag(string name, string value) => new(name, value);

    private static IEnumerable<Measurement<long>> Read(StripedCounter[] counters) =>
        Transports.Select(transport => new Measurement<long>(counters[(int)transport].Sum, TagOf(transport)));
}
