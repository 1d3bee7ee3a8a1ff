using Realtime.Benchmarks.Load.Clients;
using Realtime.Benchmarks.Load.Measures;
using Realtime.Benchmarks.Load.Servers;

namespace Realtime.Benchmarks.Load.Workloads;

/// <summary>Connections that each publish to themselves through a channel of their own, and again when it has arrived.</summary>
internal static class PingPongWorkload
{
    /// <summary>Runs it.</summary>
    public static Measurement Run(Target target, FanoutRun run)
    {
        using var fleet = Fleet.Open(target, run.Shape);
        var (reactor, tally) = (fleet.Reactor, fleet.Tally);
        var window = new MeasuredWindow(target, fleet);
        var isRunning = true;
        tally.Begin(Clock.Now + Clock.Ticks(run.WarmUp), run.Length);
        reactor.OwnDelivery = client =>
        {
            if (isRunning)
            {
                Publish(client);
            }
        };
        fleet.Publishers.ForEach(Publish);
        reactor.PollFor(run.WarmUp);
        window.Begin();
        reactor.PollFor(run.Length);
        window.End();
        isRunning = false;
        reactor.PollUntil(() => tally.Received >= tally.Expected, TimeSpan.FromSeconds(2));
        return window.Measure(run.Workload, null);

        void Publish(Client client)
        {
            tally.Expected++;
            reactor.Send(client, client.Publication!.Next(Clock.Microseconds(Clock.Now)));
        }
    }
}
