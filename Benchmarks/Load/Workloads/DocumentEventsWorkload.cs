using Realtime.Benchmarks.Load.Clients;
using Realtime.Benchmarks.Load.Dialects;
using Realtime.Benchmarks.Load.Measures;
using Realtime.Benchmarks.Load.Servers;

namespace Realtime.Benchmarks.Load.Workloads;

/// <summary>Documents are created, and those members of their channel get events who may read them.</summary>
internal static class DocumentEventsWorkload
{
    /// <summary>How many members may read.</summary>
    public const int Readers = 10;

    // The account may read and write, others nothing.
    private const string Repository = "bench_760_";
    private const int OtherAccounts = 20;
    private const int Writers = 8;
    private const double CreatesPerSecond = 200;
    private const int BusyWriters = 64;
    private const int BulkWriters = 8;

    /// <summary>A fixed rate: members who may not read should cost nothing.</summary>
    /// <param name="server">This backend.</param>
    /// <param name="run">How long.</param>
    /// <param name="members">Members, readers included.</param>
    public static async Task<Measurement> RunAsync(RunningServer server, FanoutRun run, int members)
    {
        var (fleet, _) = await OpenAsync(server, run, members, Writers, batch: 1);
        using (fleet)
        {
            // Each creation is delivered to the readers, whatever the number of members.
            return FanoutWorkload.Run(
                server.Target, fleet, run with { Shape = run.Shape with { Members = Readers } }, CreatesPerSecond * Readers);
        }
    }

    /// <summary>One hot repository: writers that each create the next document, or the next ones, when the last are there.</summary>
    /// <param name="server">This backend.</param>
    /// <param name="run">How long.</param>
    /// <param name="batch">Documents of a request.</param>
    /// <returns>Creations per second, and the latency of their events.</returns>
    public static async Task<Measurement> CreateAsync(RunningServer server, FanoutRun run, int batch)
    {
        var (fleet, posts) = await OpenAsync(server, run, Readers, batch == 1 ? BusyWriters : BulkWriters, batch);
        using (fleet)
        {
            var window = new MeasuredWindow(server.Target, fleet);
            var isRunning = true;
            fleet.Tally.Begin(Clock.Now + Clock.Ticks(run.WarmUp), run.Length);
            posts.OnCreated = client =>
            {
                if (isRunning)
                {
                    Create(client);
                }
            };
            fleet.Publishers.ForEach(Create);
            fleet.Reactor.PollFor(run.WarmUp);
            window.Begin();
            fleet.Reactor.PollFor(run.Length);
            window.End();
            isRunning = false;
            fleet.Reactor.PollUntil(() => fleet.Tally.Received >= fleet.Tally.Expected, TimeSpan.FromSeconds(5));
            var events = window.Measure(run.Workload, null);
            return events with { PerSecond = events.PerSecond / Readers, ServerCpuPerMillion = events.ServerCpuPerMillion * Readers };

            void Create(Client client)
            {
                fleet.Tally.Expected += Readers * batch;
                fleet.Reactor.Send(client, client.Publication!.Next(Clock.Microseconds(Clock.Now)));
            }
        }
    }

    private static async Task<(Fleet Fleet, DocumentPosts Posts)> OpenAsync(
        RunningServer server, FanoutRun run, int members, int writers, int batch)
    {
        var database = server.Database ?? throw new LoadException($"{server.Target.Name} has no documents.");
        var reader = await database.RegisterAsync();
        var others = new List<string>();
        while (members > Readers && others.Count < OtherAccounts)
        {
            others.Add(await database.RegisterAsync());
        }

        var posts = new DocumentPosts(database.PublicKey, reader, Repository, batch);
        var credentials = Enumerable.Range(0, members).Select(i => i < Readers ? reader : others[i % others.Count]);
        return (Fleet.Open(server.Target, "db-" + Repository, credentials, posts, writers, run.Shape.DataBytes), posts);
    }
}
