using System.Text.Json;
using Realtime.Tests.Chaos.Faults;
using Realtime.Tests.Chaos.History;
using Realtime.Tests.Infrastructure;

namespace Realtime.Tests.Chaos.Clients;

/// <summary>One client of <c>scripts/chaos.mjs</c>: an application that uses the published library in Node.js.</summary>
/// <param name="plan">What it does.</param>
/// <param name="send">Has it send a command.</param>
/// <param name="faults">Counts what is lost and what goes on.</param>
/// <param name="mood">How eager it is.</param>
/// <param name="timeline">Gets what happens.</param>
internal sealed class PublishedClient(ClientPlan plan, Func<object, Task<SendOutcome>> send, FaultLog faults, FleetMood mood, Timeline timeline)
{
    // A stream that is to be asked for again ends at once; one that stays open goes on with the session, be it in silence.
    private static readonly TimeSpan Quiet = TimeSpan.FromSeconds(1);

    private readonly Random _random = new(plan.Seed);
    private volatile ChaosSession? _session;
    private volatile bool _isOpen;
    private int _missing;
    private bool _isBeginning;
    private TimeSpan? _openedAt;
    private TimeSpan? _lostAt;

    /// <summary>Its name in the timeline.</summary>
    public string Name => plan.Name;

    /// <summary>How often its application was told that it is authenticated.</summary>
    public int TimesAuthenticated { get; private set; }

    /// <summary>How often it went on with its session after its stream was lost.</summary>
    public int Returns { get; private set; }

    /// <summary>Whether it has a stream and is a member of all its channels.</summary>
    public bool IsMember => _isOpen && _session is not null && Volatile.Read(ref _missing) == 0;

    /// <summary>How many of its messages wait for their reply.</summary>
    public int Unanswered => _session?.Outstanding.Count ?? 0;

    private TimeSpan Now => timeline.Clock.Now;

    /// <summary>Takes what it reports. Reports come one after the other.</summary>
    public void Take(JsonElement report)
    {
        switch (report.GetProperty("what").GetString())
        {
            case "open":
                (_isOpen, _openedAt) = (true, Now);
                break;
            case "lost":
                Lose();
                break;
            case "init":
                Restart();
                break;
            case "closed":
                _isOpen = false;
                timeline.Report(new Violation(Promise.NobodySentAway, plan.Database.Name, $"{Name} was refused, at {Now.TotalSeconds:F3} s"));
                break;
            case "authenticated":
                Begin(report.GetProperty("sid").GetString()!);
                break;
            case "unsent":
                timeline.Add($"a command of {Name} was answered by {report.GetProperty("status").GetInt32()}");
                _session?.Outstanding.Abandon(Now);
                break;
            default:
                Receive(report.GetProperty("message"));
                break;
        }
    }

    /// <summary>Sends until the run is over.</summary>
    public async Task RunAsync(CancellationToken stopped)
    {
        while (!stopped.IsCancellationRequested)
        {
            await Task.WhenAny(Task.Delay(mood.NextPause(plan, _random), stopped));
            if (stopped.IsCancellationRequested || _session is not { } session)
            {
                continue;
            }

            if (session.Outstanding.OldestSentAt is { } oldest && Now - oldest > Patience.Reply)
            {
                if (!faults.HasHitAGateway(oldest))
                {
                    timeline.Report(new Violation(
                        Promise.Answered, plan.Database.Name, $"{Name} sent at {oldest.TotalSeconds:F3} s and got neither ok nor error"));
                }

                session.Outstanding.Abandon(Now);
            }

            // Also while it has no stream: its application doesn't know.
            if (Volatile.Read(ref _missing) == 0 && session.Outstanding.Count == 0 && mood.MaySend(plan))
            {
                await session.PublishAsync(send);
            }
        }
    }

    private void Lose()
    {
        if (_openedAt is { } opened && Now - opened > Quiet && !_isBeginning)
        {
            Return(opened);
        }

        (_isOpen, _openedAt) = (false, null);
        _lostAt ??= Now;
        timeline.Add($"{Name} lost its stream");
    }

    /// <summary>Takes an <c>init</c>: its application will be told that it is authenticated, again if it has been before.</summary>
    private void Restart()
    {
        _session?.End();
        _session = null;
        _isBeginning = true;
        if (TimesAuthenticated > 0)
        {
            faults.CountInit(Name, "some gateway", Now - (_lostAt ?? Now));
        }

        // From here on it may join.
        _lostAt ??= Now;
    }

    private void Begin(string sid)
    {
        if (_session?.Sid == sid)
        {
            // The script asks again when it isn't answered for a while, and both were.
            return;
        }

        if (!_isBeginning)
        {
            Restart();
        }

        TimesAuthenticated++;
        var session = new ChaosSession(plan, $"{Name}.{TimesAuthenticated}", gateway: "", timeline) { JoinsSince = _lostAt ?? Now };
        session.Receive(new ServerMessage(sid, "init", sid, "", "", ""));
        (_isBeginning, _lostAt) = (false, null);
        Volatile.Write(ref _missing, plan.Channels.Length);
        _session = session;
    }

    private void Return(TimeSpan at)
    {
        if (_lostAt is { } lostAt)
        {
            _lostAt = null;
            Returns++;
            faults.CountReturn(Name, "some gateway", at - lostAt);
        }
    }

    private void Receive(JsonElement message)
    {
        if (_session is not { } session)
        {
            timeline.Add($"{Name} got '{message.GetProperty("data").GetString()}' before it was authenticated");
            return;
        }

        Return(Now);
        string Member(string name) => message.GetProperty(name).GetString()!;
        if (Member("type") == "joined" && session.MembershipOf(Member("data")) is null)
        {
            Interlocked.Decrement(ref _missing);
        }

        session.Receive(new ServerMessage(Member("sid"), Member("type"), Member("data"), Member("channel"), Member("token"), ""));
    }
}
