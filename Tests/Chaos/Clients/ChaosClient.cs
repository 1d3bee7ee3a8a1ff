using Realtime.Tests.Chaos.Backend;
using Realtime.Tests.Chaos.Faults;
using Realtime.Tests.Chaos.History;
using Realtime.Tests.Chaos.Slots;
using Realtime.Tests.Infrastructure;

namespace Realtime.Tests.Chaos.Clients;

/// <summary>A client for the whole run: whenever it has no connection it gets one, authenticates, joins, and sends.</summary>
internal sealed class ChaosClient(ClientPlan plan, Ingress ingress, FaultLog faults, FleetMood mood, Timeline timeline)
{
    private const int MaxOutstanding = 16;
    private const int MaxTries = 20;

    private readonly Random _random = new(plan.Seed);
    private readonly WireOpener _wires = new(plan, ingress, faults, timeline);
    private volatile TaskCompletionSource _reload = new();
    private volatile Wire? _wire;
    private volatile bool _isMember;
    private FreshStream? _beginning;
    private int _connections;

    // A gateway that stands still hasn't noticed yet, and the slot counts until it has (protocol 4).
    private bool _hasLeft;

    /// <summary>What it does.</summary>
    public ClientPlan Plan => plan;

    /// <summary>The gateway through which it has joined all its channels; null while it is away.</summary>
    public string? MemberOn => _isMember && _wire is { IsAway: false } wire ? wire.Gateway.Name : null;

    /// <summary>Why it is away.</summary>
    public string LastTrouble { get; private set; } = "not yet connected";

    /// <summary>How many of its messages wait for their reply.</summary>
    public int Unanswered { get; private set; }

    private TimeSpan Now => timeline.Clock.Now;

    /// <summary>Has it leave its gateway for the one that it prefers, as who reloads a page or, if it comes back, has another network.</summary>
    public void Reload()
    {
        if (plan.ComesBack)
        {
            (_wire as SseWire)?.Cut();
        }
        else
        {
            _reload.TrySetResult();
        }
    }

    /// <summary>Lives until the run is over.</summary>
    public async Task RunAsync(CancellationToken stopped)
    {
        while (!stopped.IsCancellationRequested)
        {
            _reload = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            var pause = await ConnectAsync(_beginning?.Stream.Gateway ?? ingress.Pick(plan.Gateway), stopped);
            _isMember = false;
            Unanswered = 0;
            await DelayAsync(_beginning is null ? pause : TimeSpan.Zero, stopped);
        }

        _beginning?.Stream.Dispose();
    }

    /// <summary>One connection, from the attempt to its end; returns how long to wait before the next.</summary>
    private async Task<TimeSpan> ConnectAsync(GatewayEndpoint gateway, CancellationToken stopped)
    {
        var session = new ChaosSession(plan, $"{plan.Name}.{++_connections}", gateway.Name, timeline);
        var slot = _beginning?.Slot ?? NewAttempt(gateway);
        var asksLater = plan is { Transport: Transport.WebSocket, NamesItsKey: false };
        if (!asksLater && _beginning is null)
        {
            plan.Database.Slots.Ask(slot);
        }

        var opened = await _wires.OpenAsync(gateway, session, slot, _beginning?.Stream, stopped);
        _beginning = null;
        if (opened.Wire is not { } wire)
        {
            return NotOpened(slot, gateway, opened);
        }

        _wire = wire;
        try
        {
            await Task.WhenAny(session.Opened, wire.Ended, Task.Delay(Patience.Connect, stopped));
            if (!session.Opened.IsCompleted)
            {
                LastTrouble = $"no init from {gateway.Name}";
                return Retry();
            }

            if (asksLater)
            {
                slot = plan.Database.Slots.Ask(NewAttempt(gateway));
            }
            else
            {
                Change(slot, now => attempt => attempt.ServedAt = now);
            }

            return await ServeAsync(session, wire, slot, stopped);
        }
        finally
        {
            var isLost = wire.Ended.IsCompleted;
            session.End();
            Change(slot, now => attempt => attempt.EndedAt ??= now);
            if (isLost && slot.ServedAt is not null)
            {
                LastTrouble = await wire.Ended;
                if (!plan.ComesBack)
                {
                    faults.CountLoss(plan.Name, gateway.Name, LastTrouble);
                }
            }

            _hasLeft = !isLost && faults.HasHit(wire.Gateway.Name, Now);
            await wire.DisposeAsync();
            _beginning = (wire as SseWire)?.Beginning;
        }
    }

    private async Task<TimeSpan> ServeAsync(
        ChaosSession session, Wire wire, ConnectionAttempt slot, CancellationToken stopped)
    {
        var answer = await AskAsync(session, wire, "auth", plan.User.Token, stopped);
        if (answer?.Type != "token")
        {
            if (answer?.Data == "connection limit reached")
            {
                return Refused(slot, wire.Gateway);
            }

            LastTrouble = $"auth on {wire.Gateway.Name}: {answer?.Data ?? "no answer"}";
            return Retry();
        }

        Change(slot, now => attempt => attempt.ServedAt ??= now);
        foreach (var channel in plan.Channels)
        {
            if ((await AskAsync(session, wire, "join", channel, stopped))?.Type != "joined")
            {
                LastTrouble = $"join of {channel} on {wire.Gateway.Name}";
                return Retry();
            }
        }

        _isMember = true;
        await SendAsync(session, wire, stopped);
        return Retry();
    }

    /// <summary>Asks until there is an answer other than that it didn't work this time.</summary>
    private async Task<ServerMessage?> AskAsync(ChaosSession session, Wire wire, string type, string data, CancellationToken stopped)
    {
        for (var tries = 0; tries < MaxTries && !stopped.IsCancellationRequested && !wire.Ended.IsCompleted; tries++)
        {
            var askedAt = Now;
            var answer = await session.AskAsync(wire, type, data);
            if (answer is null && !wire.Ended.IsCompleted && !IsExcused(wire, askedAt))
            {
                Report(Promise.Answered, $"{session.Sid} on {wire.Gateway.Name} asked {type} at {askedAt.TotalSeconds:F3} s and got no answer, and no end either");
            }

            if (answer is null or { Type: not "error" } or { Data: "connection limit reached" })
            {
                return answer;
            }

            timeline.Add($"{plan.Name}: {type} was answered by: {answer.Data}");
            if (answer.Data is not ("unable to send your message" or "too many requests" or ChaosSession.NotTaken))
            {
                Report(Promise.NobodySentAway, $"{type} was answered by '{answer.Data}'");
                return answer;
            }

            await DelayAsync(TimeSpan.FromSeconds(1), stopped);
        }

        return null;
    }

    private async Task SendAsync(ChaosSession session, Wire wire, CancellationToken stopped)
    {
        var reload = _reload.Task;
        while (!stopped.IsCancellationRequested && !reload.IsCompleted && !wire.Ended.IsCompleted)
        {
            Unanswered = session.Outstanding.Count;
            if (session.Outstanding.OldestSentAt is { } oldest && Now - oldest > Patience.Reply)
            {
                if (!IsExcused(wire, oldest))
                {
                    Report(Promise.Answered, $"{session.Sid} on {wire.Gateway.Name} sent at {oldest.TotalSeconds:F3} s and got neither ok nor error");
                }

                if (!plan.ComesBack)
                {
                    return;
                }

                session.Outstanding.Abandon(Now);
            }

            await Task.WhenAny(wire.Ended, reload, Task.Delay(mood.NextPause(plan, _random), stopped));
            var mayWait = plan.Transport == Transport.WebSocket ? MaxOutstanding : 1;
            if (!stopped.IsCancellationRequested && !reload.IsCompleted && mood.MaySend(plan) && session.Outstanding.Count < mayWait
                && await session.PublishAsync(wire.SendAsync) is var outcome and (SendOutcome.Unknown or SendOutcome.Disowned))
            {
                await SettleAsync(session, wire, outcome, stopped);
                if (session.Outstanding.Count > 0 && !plan.ComesBack)
                {
                    return;
                }

                session.Outstanding.Abandon(Now);
            }
        }
    }

    /// <summary>Waits until it is known what became of a message that may not have been taken; else the connection is given up.</summary>
    private async Task SettleAsync(ChaosSession session, Wire wire, SendOutcome outcome, CancellationToken over)
    {
        var (askedAt, trouble) = (Now, wire.Trouble);
        var bound = outcome == SendOutcome.Disowned || plan.ComesBack ? Patience.End : Patience.Reply / 2;
        for (var since = askedAt;
            session.Outstanding.Count > 0 && !wire.Ended.IsCompleted && Now - since < bound && !over.IsCancellationRequested;
            since = wire.IsAway ? Now : since)
        {
            await DelayAsync(TimeSpan.FromMilliseconds(100), over);
        }

        // A session that goes on was never unknown, whatever happened to its gateway.
        if (outcome == SendOutcome.Disowned && !wire.Ended.IsCompleted && !over.IsCancellationRequested
            && (plan.ComesBack || !faults.HasHit(wire.Gateway.Name, askedAt)))
        {
            Report(Promise.NobodySentAway, $"a POST for {session.Sid} was disowned ({trouble}) at {askedAt.TotalSeconds:F3} s, and its stream on {wire.Gateway.Name} is still open");
        }
    }

    /// <summary>Whether an answer may be missing: a process was lost that had it, or was to give it.</summary>
    private bool IsExcused(Wire wire, TimeSpan since) =>
        plan.ComesBack ? faults.HasHitAGateway(since) : faults.HasHit(wire.Gateway.Name, since);

    private TimeSpan NotOpened(ConnectionAttempt slot, GatewayEndpoint gateway, WireAttempt attempt)
    {
        if (attempt.Status == 429)
        {
            return Refused(slot, gateway);
        }

        Change(slot, now => ended => ended.EndedAt = now);
        LastTrouble = $"{gateway.Name}: {attempt.Status} {attempt.Text}";
        if (attempt.Status > 0 && !(plan.Transport == Transport.WebSocket && attempt.Status == 503))
        {
            // Final in a browser (protocol 1.5): its user has to reload the page. Who opens a WebSocket looks after its return itself.
            Report(Promise.NobodySentAway, $"{gateway.Name} answered {attempt.Status} '{attempt.Text}'");
        }

        return Retry();
    }

    private TimeSpan Refused(ConnectionAttempt slot, GatewayEndpoint gateway)
    {
        Change(slot, now => attempt => (attempt.RefusedAt, attempt.EndedAt) = (now, now));
        LastTrouble = "refused: the plan is full";
        if (!plan.MayBeRefused && !_hasLeft)
        {
            Report(Promise.NobodySentAway, $"{gateway.Name} refused it (429), though its plan has a slot for each of its clients");
        }

        return TimeSpan.FromSeconds(2 + (2 * _random.NextDouble()));
    }

    private ConnectionAttempt NewAttempt(GatewayEndpoint gateway) => new(plan.Name, gateway.Name, Now);

    private void Change(ConnectionAttempt slot, Func<TimeSpan, Action<ConnectionAttempt>> change) =>
        plan.Database.Slots.Change(slot, change(Now));

    private TimeSpan Retry() => TimeSpan.FromSeconds(0.5 + _random.NextDouble());

    private void Report(Promise promise, string text) =>
        timeline.Report(new Violation(promise, plan.Database.Name, $"{plan.Name}: {text}, at {Now.TotalSeconds:F3} s"));

    private static async Task DelayAsync(TimeSpan delay, CancellationToken over) =>
        await Task.WhenAny(Task.Delay(delay, over));
}
