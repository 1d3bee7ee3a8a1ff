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
    private volatile TaskCompletionSource _reload = new();
    private int _connections;

    // A gateway that stands still hasn't noticed yet, and the slot counts until it has (protocol 4).
    private bool _hasLeft;

    /// <summary>What it does.</summary>
    public ClientPlan Plan => plan;

    /// <summary>The gateway through which it has joined all its channels; null while it is away.</summary>
    public string? MemberOn { get; private set; }

    /// <summary>Why it is away.</summary>
    public string LastTrouble { get; private set; } = "not yet connected";

    /// <summary>How many of its messages wait for their reply.</summary>
    public int Unanswered { get; private set; }

    private TimeSpan Now => timeline.Clock.Now;

    /// <summary>Has it close its connection and open another, as somebody does who reloads a page.</summary>
    public void Reload() => _reload.TrySetResult();

    /// <summary>Lives until the run is over.</summary>
    public async Task RunAsync(CancellationToken stopped)
    {
        while (!stopped.IsCancellationRequested)
        {
            _reload = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            var pause = await ConnectAsync(ingress.Pick(plan.Gateway), stopped);
            MemberOn = null;
            Unanswered = 0;
            await DelayAsync(pause, stopped);
        }
    }

    /// <summary>One connection, from the attempt to its end; returns how long to wait before the next.</summary>
    private async Task<TimeSpan> ConnectAsync(GatewayEndpoint gateway, CancellationToken stopped)
    {
        var session = new ChaosSession(plan, $"{plan.Name}.{++_connections}", gateway.Name, timeline);
        var slot = NewAttempt(gateway);
        var asksLater = plan is { Transport: Transport.WebSocket, NamesItsKey: false };
        if (!asksLater)
        {
            plan.Database.Slots.Ask(slot);
        }

        var opened = await OpenAsync(gateway, session, stopped);
        if (opened.Wire is not { } wire)
        {
            return NotOpened(slot, gateway, opened);
        }

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

            return await ServeAsync(gateway, session, wire, slot, asksLater, stopped);
        }
        finally
        {
            var isLost = wire.Ended.IsCompleted;
            session.End();
            Change(slot, now => attempt => attempt.EndedAt = now);
            if (isLost && slot.ServedAt is not null)
            {
                LastTrouble = await wire.Ended;
                faults.CountLoss(plan.Name, gateway.Name, LastTrouble);
            }

            _hasLeft = !isLost && faults.HasHit(gateway.Name, Now);
            await wire.DisposeAsync();
        }
    }

    private async Task<TimeSpan> ServeAsync(
        GatewayEndpoint gateway, ChaosSession session, Wire wire, ConnectionAttempt slot, bool asksLater, CancellationToken stopped)
    {
        var answer = await AskAsync(gateway, session, wire, "auth", plan.User.Token, stopped);
        if (answer?.Type != "token")
        {
            if (answer?.Data == "connection limit reached")
            {
                return Refused(slot, gateway);
            }

            LastTrouble = $"auth on {gateway.Name}: {answer?.Data ?? "no answer"}";
            return Retry();
        }

        if (asksLater)
        {
            Change(slot, now => attempt => attempt.ServedAt = now);
        }

        foreach (var channel in plan.Channels)
        {
            if ((await AskAsync(gateway, session, wire, "join", channel, stopped))?.Type != "joined")
            {
                LastTrouble = $"join of {channel} on {gateway.Name}";
                return Retry();
            }
        }

        MemberOn = gateway.Name;
        await SendAsync(gateway, session, wire, stopped);
        return Retry();
    }

    /// <summary>Asks until there is an answer other than that it didn't work this time.</summary>
    private async Task<ServerMessage?> AskAsync(
        GatewayEndpoint gateway, ChaosSession session, Wire wire, string type, string data, CancellationToken stopped)
    {
        for (var tries = 0; tries < MaxTries && !stopped.IsCancellationRequested && !wire.Ended.IsCompleted; tries++)
        {
            var askedAt = Now;
            var answer = await session.AskAsync(wire, type, data);
            if (answer is null && !wire.Ended.IsCompleted && !faults.HasHit(gateway.Name, askedAt))
            {
                Report(Promise.Answered, $"{session.Sid} on {gateway.Name} asked {type} at {askedAt.TotalSeconds:F3} s and got no answer, and no end either");
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

    private async Task SendAsync(GatewayEndpoint gateway, ChaosSession session, Wire wire, CancellationToken stopped)
    {
        var reload = _reload.Task;
        while (!stopped.IsCancellationRequested && !reload.IsCompleted && !wire.Ended.IsCompleted)
        {
            Unanswered = session.Outstanding.Count;
            if (session.Outstanding.OldestSentAt is { } oldest && Now - oldest > Patience.Reply)
            {
                if (!faults.HasHit(gateway.Name, oldest))
                {
                    Report(Promise.Answered, $"{session.Sid} on {gateway.Name} sent at {oldest.TotalSeconds:F3} s and got neither ok nor error");
                }

                return;
            }

            await Task.WhenAny(wire.Ended, reload, Task.Delay(mood.NextPause(plan, _random), stopped));
            var mayWait = plan.Transport == Transport.WebSocket ? MaxOutstanding : 1;
            if (!stopped.IsCancellationRequested && !reload.IsCompleted && mood.MaySend(plan) && session.Outstanding.Count < mayWait
                && await session.PublishAsync(wire) is var outcome and not SendOutcome.Taken)
            {
                await SettleAsync(gateway, session, wire, outcome, stopped);
                if (session.Outstanding.Count > 0)
                {
                    return;
                }
            }
        }
    }

    /// <summary>Waits until it is known what became of a message that may not have been taken; else the connection is given up.</summary>
    private async Task SettleAsync(
        GatewayEndpoint gateway, ChaosSession session, Wire wire, SendOutcome outcome, CancellationToken over)
    {
        var askedAt = Now;
        var bound = outcome == SendOutcome.Disowned ? Patience.End : Patience.Reply / 2;
        while (session.Outstanding.Count > 0 && !wire.Ended.IsCompleted && Now - askedAt < bound && !over.IsCancellationRequested)
        {
            await DelayAsync(TimeSpan.FromMilliseconds(100), over);
        }

        if (outcome == SendOutcome.Disowned && !wire.Ended.IsCompleted && !over.IsCancellationRequested && !faults.HasHit(gateway.Name, askedAt))
        {
            Report(Promise.NobodySentAway, $"a POST for {session.Sid} was disowned ({wire.Trouble}) at {askedAt.TotalSeconds:F3} s, and its stream on {gateway.Name} is still open");
        }
    }

    private Task<WireAttempt> OpenAsync(GatewayEndpoint gateway, ChaosSession session, CancellationToken stopped)
    {
        var timeout = CancellationTokenSource.CreateLinkedTokenSource(stopped);
        timeout.CancelAfter(Patience.Connect);

        // Every fifth POST arrives at another gateway than the stream's.
        GatewayEndpoint PostTo() => ingress.Pick(_random.Next(5) == 0 ? plan.Gateway + 1 : plan.Gateway);
        return plan.Transport == Transport.WebSocket
            ? WebSocketWire.OpenAsync(gateway, plan.NamesItsKey ? $"?sbpk={plan.Database.PublicKey}" : "", session.Receive, timeout.Token)
            : SseWire.OpenAsync(gateway, plan.Database.PublicKey, plan.User.Token, PostTo, session.Receive, timeout.Token);
    }

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
