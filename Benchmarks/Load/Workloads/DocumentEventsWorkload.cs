using Realtime.Benchmarks.Load.Clients;
using Realtime.Benchmarks.Load.Measures;
using Realtime.Benchmarks.Load.Servers;

namespace Realtime.Benchmarks.Load.Workloads;

/// <summary>Documents are created, and those members of their channel get events who may read them; the others cost nothing, or should.</summary>
internal static class DocumentEventsWorkload
{
    /// <summary>How many members may read.</summary>
    public const int Readers = 10;

    // The account may read and write, others nothing.
    private const string Repository = "bench_760_";
    private const int Writers = 8;
    private const int OtherAccounts = 20;
    private const double CreatesPerSecond = 200;

    /// <summary>Runs it.</summary>
    /// <param name="workload">Its name.</param>
    /// <param name="server">This backend.</param>
    /// <param name="options">Lengths.</param>
    /// <param name="members">Members, readers included.</param>
    public static async Task<Measurement> RunAsync(string workload, RunningServer server, LoadOptions options, int members)
    {
        var database = server.Database ?? throw new LoadException($"{server.Target.Name} has no documents.");
        var reader = await database.RegisterAsync();
        var others = new string[OtherAccounts];
        for (var i = 0; i < others.Length; i++)
        {
            others[i] = await database.RegisterAsync();
        }

        var credentials = Enumerable.Range(0, members).Select(i => i < Readers ? reader : others[i % others.Length]);
        using var fleet = Fleet.Open(server.Target, "db-" + Repository, credentials, Writers);
        fleet.Reactor.HasHelpers = true;
        var (warmUp, length) = (TimeSpan.FromSeconds(options.WarmUp), TimeSpan.FromSeconds(options.Seconds));
        var windowStart = Clock.Now + Clock.Ticks(warmUp);
        var end = windowStart + Clock.Ticks(length);
        fleet.Tally.Begin(windowStart, length);
        var window = new MeasuredWindow(server.Target, fleet);
        var writing = Task.WhenAll(Enumerable.Range(0, Writers).Select(writer => Task.Run(() => WriteAsync(database, fleet, reader, writer, end))));
        fleet.Reactor.PollUntil(() => Clock.Now >= windowStart, warmUp * 2);
        window.Begin();
        fleet.Reactor.PollUntil(() => Clock.Now >= end, length * 2);
        window.End();
        fleet.Reactor.PollUntil(() => writing.IsCompleted && fleet.Tally.Received >= fleet.Tally.Expected, TimeSpan.FromSeconds(5));
        await writing;
        return window.Measure(workload, CreatesPerSecond * Readers);
    }

    // One document after the other, each when it is due: an event's latency includes the commit.
    private static async Task WriteAsync(RealtimeDatabase database, Fleet fleet, string token, int writer, long end)
    {
        var interval = Clock.PerSecond * Writers / CreatesPerSecond;
        var start = Clock.Now + (long)(interval * writer / Writers);
        var marker = new byte[Marker.Length];
        for (uint number = 1; ; number++)
        {
            var due = start + (long)((number - 1) * interval);
            if (due >= end)
            {
                return;
            }

            // Timers tick in milliseconds; too early is never right.
            if (Math.Ceiling(Clock.Time(due - Clock.Now).TotalMilliseconds) is var wait and > 0)
            {
                await Task.Delay((int)wait + 1);
            }

            new Marker((uint)writer, number, Clock.Microseconds(due)).Write(marker);
            var isCreated = await database.TryCreateAsync(Repository, token, new { text = System.Text.Encoding.ASCII.GetString(marker) });
            fleet.Reactor.Post(() =>
            {
                fleet.Tally.Expected += isCreated ? Readers : 0;
                fleet.Tally.Errors += isCreated ? 0 : 1;
            });
        }
    }
}
