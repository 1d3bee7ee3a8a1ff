using System.Text.Json;
using Realtime.Tests.Chaos.Backend;
using Realtime.Tests.Chaos.Faults;
using Realtime.Tests.Chaos.History;
using Realtime.Tests.Chaos.Slots;

namespace Realtime.Tests.Chaos.Clients;

/// <summary>How one session goes on after its stream is lost (protocol 1.9): as an EventSource does, with the id of the last event.</summary>
/// <param name="session">The session.</param>
/// <param name="plan">Its client.</param>
/// <param name="slot">The slot of its first stream.</param>
/// <param name="ingress">Leads to gateways.</param>
/// <param name="faults">Counts what is lost and what goes on.</param>
/// <param name="timeline">Gets what is wrong.</param>
internal sealed class SessionReturn(
    ChaosSession session, ClientPlan plan, ConnectionAttempt slot, Ingress ingress, FaultLog faults, Timeline timeline)
{
    // A stream that is to be asked for again ends at once; one that stays open goes on with the session.
    private static readonly TimeSpan Quiet = TimeSpan.FromSeconds(1);

    private readonly Random _random = new(plan.Seed);
    private ConnectionAttempt _slot = slot;

    /// <summary>The stream with which the client begins anew, once the session is over.</summary>
    public FreshStream? Beginning { get; private set; }

    private TimeSpan Now => timeline.Clock.Now;

    /// <summary>Opens streams until one goes on with the session.</summary>
    /// <param name="lost">The stream that has ended.</param>
    /// <param name="closed">Set when the client wants no more.</param>
    /// <returns>The stream, or why the session is over.</returns>
    public async Task<(SseStream? Stream, string WhyNot)> ComeBackAsync(SseStream lost, CancellationToken closed)
    {
        var lostAt = Now;
        Leave();
        if (!lost.IsCut)
        {
            faults.CountLoss(plan.Name, lost.Gateway.Name, lost.Reason);
        }

        while (true)
        {
            await Task.WhenAny(Task.Delay(NextPause(), closed));
            if (closed.IsCancellationRequested)
            {
                return (null, "closed");
            }

            var gateway = ingress.Pick(plan.Gateway);
            _slot = plan.Database.Slots.Ask(new ConnectionAttempt(plan.Name, gateway.Name, Now));
            using var timeout = CancellationTokenSource.CreateLinkedTokenSource(closed);
            timeout.CancelAfter(Patience.Connect);
            var attempt = await SseStream.OpenAsync(gateway, plan.Database.PublicKey, lost.LastEventId, timeout.Token);
            if (attempt.Stream is not { } stream)
            {
                Leave();
                if (attempt.Status > 0)
                {
                    return (null, SentAway(gateway, attempt, lostAt));
                }

                continue;
            }

            var first = stream.PeekAsync();
            await Task.WhenAny(first, Task.Delay(Quiet, CancellationToken.None));
            if (!first.IsCompleted || (await first is { } next && !IsInit(next)))
            {
                Serve();
                faults.CountReturn(plan.Name, gateway.Name, Now - lostAt);
                session.MoveTo(gateway.Name);
                return (stream, "");
            }

            if (await first is not null)
            {
                if (session.IsBound)
                {
                    faults.CountInit(plan.Name, gateway.Name, Now - lostAt);
                }

                Beginning = new FreshStream(stream, _slot);
                return (null, $"begins anew on {gateway.Name}");
            }

            // It can't be told just now: the stream was empty, and is asked for again (protocol 1.5).
            timeline.Add($"{plan.Name} is asked by {gateway.Name} to come back once more");
            stream.Dispose();
            Leave();
        }
    }

    /// <summary>States that its stream is gone.</summary>
    public void Leave()
    {
        if (Beginning is null)
        {
            plan.Database.Slots.Change(_slot, attempt => attempt.EndedAt ??= Now);
        }
    }

    /// <summary>Counts what became of a command that was sent while there was no stream.</summary>
    public void CountPost(SendOutcome outcome) => faults.CountPostWhileAway(outcome);

    private static bool IsInit(SseEvent next)
    {
        if (next.Json is null)
        {
            return false;
        }

        using var message = JsonDocument.Parse(next.Json);
        return message.RootElement.GetProperty("type").GetString() == "init";
    }

    private void Serve() => plan.Database.Slots.Change(_slot, attempt => attempt.ServedAt = Now);

    private string SentAway(GatewayEndpoint gateway, StreamAttempt attempt, TimeSpan lostAt)
    {
        if (attempt.Status == 429)
        {
            plan.Database.Slots.Change(_slot, refused => refused.RefusedAt = Now);
        }

        if (attempt.Status != 429 || !plan.MayBeRefused)
        {
            timeline.Report(new Violation(
                Promise.NobodySentAway, plan.Database.Name,
                $"{plan.Name}: {gateway.Name} answered {attempt.Status} '{attempt.Text}' at {Now.TotalSeconds:F3} s to its return; its stream was lost at {lostAt.TotalSeconds:F3} s"));
        }

        return $"{gateway.Name}: {attempt.Status} {attempt.Text}";
    }

    // Some are back before the old gateway has noticed that they are gone.
    private TimeSpan NextPause() => _random.Next(4) == 0 ? TimeSpan.Zero : TimeSpan.FromSeconds(0.3 + (2.7 * _random.NextDouble()));
}

/// <summary>A stream that has begun with <c>init</c>.</summary>
/// <param name="Stream">The stream.</param>
/// <param name="Slot">What it asked for.</param>
internal sealed record FreshStream(SseStream Stream, ConnectionAttempt Slot);
