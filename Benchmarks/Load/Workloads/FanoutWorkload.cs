using Realtime.Benchmarks.Load.Clients;
using Realtime.Benchmarks.Load.Measures;
using Realtime.Benchmarks.Load.Servers;

namespace Realtime.Benchmarks.Load.Workloads;

/// <summary>
/// Publishes at a fixed rate, whatever the server does: a message carries the time when it was due, so waiting for a
/// server that is behind counts as its latency.
/// </summary>
internal static class FanoutWorkload
{
    private const double FirstFactor = 1.6;
    private const int Refinements = 3;
    private const int MaxFailures = 3;

    private static readonly TimeSpan Silence = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan Settling = TimeSpan.FromSeconds(1);

    /// <summary>One rate for one time.</summary>
    /// <param name="target">The server.</param>
    /// <param name="fleet">Its clients.</param>
    /// <param name="run">The run.</param>
    /// <param name="rate">Deliveries per second.</param>
    public static Measurement Run(Target target, Fleet fleet, FanoutRun run, double rate)
    {
        var (reactor, tally, publishers) = (fleet.Reactor, fleet.Tally, fleet.Publishers);
        var interval = Clock.PerSecond * run.Shape.Members / rate;
        var start = Clock.Now;
        var windowStart = start + Clock.Ticks(run.WarmUp);
        var end = windowStart + Clock.Ticks(run.Length);
        tally.Begin(windowStart, run.Length);
        var window = new MeasuredWindow(target, fleet);
        var hasBegun = false;
        var due = start;
        for (var (now, published) = (start, 0L); now < end; now = Clock.Now)
        {
            if (!hasBegun && now >= windowStart)
            {
                window.Begin();
                hasBegun = true;
            }

            while (due <= now && due < end)
            {
                var publisher = publishers[(int)(published++ % publishers.Count)];
                if (publisher.State == ClientState.Ready)
                {
                    reactor.Send(publisher, publisher.Publication!.Next(Clock.Microseconds(due)));
                }

                tally.Expected += run.Shape.Members;
                due = start + (long)(published * interval);
            }

            reactor.Poll(Math.Min(due, hasBegun ? end : windowStart));
        }

        window.End();
        Drain(fleet);
        return window.Measure(run.Workload, rate);
    }

    /// <summary>Raises the rate until the server doesn't keep up, then looks closer between the last two.</summary>
    /// <returns>The highest rate that was sustained; the lowest if none was.</returns>
    public static Measurement Saturate(Target target, FanoutRun run, double firstRate, Action<Measurement> progress)
    {
        Measurement? best = null;
        var fleet = Fleet.Open(target, run.Shape);
        try
        {
            var (rate, factor, refinements, failures) = (firstRate, FirstFactor, 0, 0);
            while (true)
            {
                var (step, isFit) = Try(rate);
                progress(step);
                // The server is warm from here on.
                run = run with { WarmUp = TimeSpan.FromTicks(Math.Min(run.WarmUp.Ticks, Settling.Ticks)) };
                if (step.IsSustained)
                {
                    best = step;
                }
                else if (best is null)
                {
                    if (++failures > MaxFailures)
                    {
                        return step;
                    }

                    (rate, factor) = (rate / 2, Math.Sqrt(2));
                    Reopen(isFit);
                    continue;
                }

                if (!step.IsSustained || refinements > 0)
                {
                    if (++refinements > Refinements)
                    {
                        return best;
                    }

                    factor = Math.Sqrt(factor);
                }

                rate = best.OfferedPerSecond!.Value * factor;
                Reopen(isFit);
            }
        }
        finally
        {
            fleet.Dispose();
        }

        // What a server still has to deliver would come in between.
        void Reopen(bool isFit)
        {
            if (!isFit)
            {
                fleet.Dispose();
                fleet = Fleet.Open(target, run.Shape);
            }
        }

        // A rate that fails once may be the machine's hiccup.
        (Measurement Step, bool IsFit) Try(double rate)
        {
            var first = Run(target, fleet, run, rate);
            if (first.IsSustained)
            {
                return (first, true);
            }

            progress(first);
            Reopen(isFit: false);
            var second = Run(target, fleet, run, rate);
            return (second, second.IsSustained);
        }
    }

    // Until all is there or nothing comes any more.
    private static void Drain(Fleet fleet)
    {
        var (received, since) = (fleet.Tally.Received, Clock.Now);
        fleet.Reactor.PollUntil(
            () =>
            {
                if (fleet.Tally.Received != received)
                {
                    (received, since) = (fleet.Tally.Received, Clock.Now);
                }

                return received >= fleet.Tally.Expected || Clock.Now - since > Clock.Ticks(Silence);
            },
            10 * Silence);
    }
}
