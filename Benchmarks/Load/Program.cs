using System.ComponentModel;
using System.Runtime.InteropServices;
using Microsoft.Extensions.Configuration;
using Realtime.Benchmarks.Load;
using Realtime.Benchmarks.Load.Measures;
using Realtime.Benchmarks.Load.Reports;
using Realtime.Benchmarks.Load.Servers;
using Realtime.Benchmarks.Load.Workloads;

void End(PosixSignalContext signal) => ServerProcess.EndAll();

using var interrupted = PosixSignalRegistration.Create(PosixSignal.SIGINT, End);
using var terminated = PosixSignalRegistration.Create(PosixSignal.SIGTERM, End);
var options = new LoadOptions();
switch (TryReadOptions() ? args[0] : null)
{
    case "run":
        return await RunAsync();
    case "table":
        RatioTable.Write(Console.Out, ReadResults());
        return 0;
    case "plot":
        File.WriteAllText(options.Svg ?? "results.svg", BarCharts.Draw(ReadResults()));
        return 0;
    default:
        Console.Error.WriteLine("usage: run|table|plot [--Targets a,b] [--Workloads a,b] [--Rounds n] … (see Benchmarks/README.md)");
        return 2;
}

// A name without a value would be passed over, and whatever the defaults are would run for hours.
bool TryReadOptions()
{
    var names = args.Skip(1).Where(static (_, index) => index % 2 == 0);
    if (args.Length % 2 == 0 || names.Any(static name => !name.StartsWith("--", StringComparison.Ordinal)))
    {
        return false;
    }

    try
    {
        new ConfigurationBuilder().AddCommandLine([.. args.Skip(1)]).Build().Bind(options, static binder => binder.ErrorOnUnknownConfiguration = true);
        return true;
    }
    catch (InvalidOperationException exception)
    {
        Console.Error.WriteLine(exception.Message);
        return false;
    }
}

List<Measurement> ReadResults() => [.. (options.Json ?? "results.json").Split(',').SelectMany(ResultFile.Read)];

async Task<int> RunAsync()
{
    var results = new List<Measurement>();
    var workloads = new WorkloadRunner(options);
    var servers = new ServerStarter(options);
    var hasFailed = false;
    for (var round = 1; round <= options.Rounds; round++)
    {
        foreach (var workload in options.Workloads.Split(','))
        {
            foreach (var target in options.Targets.Split(','))
            {
                Progress.Line($"{workload}, round {round} of {options.Rounds}: {target}");
                Measurement result;
                try
                {
                    using var server = await servers.StartAsync(target);
                    result = await workloads.RunAsync(workload, server);
                }
                catch (Exception exception) when (exception is LoadException or HttpRequestException or IOException or Win32Exception or OperationCanceledException)
                {
                    // The others go on.
                    hasFailed = true;
                    result = new Measurement { Target = target, Workload = workload, Failure = exception.Message };
                }

                result = result with { Round = round };
                Progress.Step(result);
                results.Add(result);
                if (options.Json is not null)
                {
                    ResultFile.Write(options.Json, results);
                }
            }
        }
    }

    RatioTable.Write(Console.Out, results);
    return hasFailed ? 1 : 0;
}
