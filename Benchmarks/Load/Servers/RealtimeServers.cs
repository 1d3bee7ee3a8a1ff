using System.Globalization;
using System.Security.Cryptography;
using System.Text.RegularExpressions;
using Realtime.Benchmarks.Load.Dialects;

namespace Realtime.Benchmarks.Load.Servers;

/// <summary>This backend, started for a run: all in one process, or as a cluster.</summary>
internal static partial class RealtimeServers
{
    private const string Plan = "bench";

    // What would only measure the limits. They are documented settings, and everything else is as it comes.
    private static readonly Dictionary<string, string> Unlimited = new()
    {
        [$"Realtime:Plans:{Plan}"] = "100000",
        ["Realtime:Limits:CommandsPerSecond"] = "1000000",
        ["Realtime:Limits:CommandBurst"] = "1000000",
        ["Realtime:DrainTime"] = "00:00:00",
        ["Realtime:Limits:LoginsPerMinute"] = "0",
        ["Realtime:Limits:StreamsPerMinute"] = "0",
        ["Realtime:Passwords:WorkFactor"] = "4",
    };

    /// <summary>One process with the embedded storage.</summary>
    /// <param name="name">As in results.</param>
    /// <param name="overSse">Whether members use Server-Sent Events.</param>
    /// <param name="further">Settings over the others.</param>
    public static async Task<RunningServer> StartAllInOneAsync(string name, bool overSse, (string Key, string Value)[] further)
    {
        var folder = new TemporaryFolder();
        var port = ServerProcess.FindPort();
        var operatorKey = MakeKey();
        var settings = new Dictionary<string, string>(Unlimited)
        {
            ["ASPNETCORE_ENVIRONMENT"] = "Production",
            ["Realtime:DataFolder"] = folder.Path,
            ["Realtime:OperatorKey"] = operatorKey,
            ["Realtime:SigningKeys:0:Id"] = "bench",
            ["Realtime:SigningKeys:0:Secret"] = Convert.ToBase64String(RandomNumberGenerator.GetBytes(32)),
        };
        foreach (var (key, value) in further)
        {
            settings[key] = value;
        }

        var address = new Uri($"http://127.0.0.1:{port}");
        var process = ServerProcess.Start(
            "dotnet", [Checkout.Published("Silo", "Realtime.Silo"), "--urls", address.GetLeftPart(UriPartial.Authority)], folder.Path, settings);
        List<IDisposable> parts = [folder, process];
        try
        {
            process.AwaitAnswer(new Uri(address, "/health/ready"));
            return await DescribeAsync(name, [address], [process.Id], operatorKey, Plan, overSse, parts);
        }
        catch
        {
            parts.Reverse();
            parts.ForEach(static part => part.Dispose());
            throw;
        }
    }

    /// <summary>One process, with documents in a PostgreSQL server of its own, whose processes don't count.</summary>
    /// <param name="name">As in results.</param>
    public static async Task<RunningServer> StartOnPostgresAsync(string name)
    {
        var postgres = new PostgresServer();
        try
        {
            var server = await StartAllInOneAsync(
                name, overSse: false, [("Realtime:Documents:Store", "Postgres"), ("Realtime:Documents:ConnectionString", postgres.ConnectionString)]);
            server.Parts.Insert(0, postgres);
            return server;
        }
        catch
        {
            postgres.Dispose();
            throw;
        }
    }

    /// <summary>Two silos and two gateways, with the emulator of Azure Storage and PostgreSQL.</summary>
    /// <param name="name">As in results.</param>
    public static async Task<RunningServer> StartClusterAsync(string name)
    {
        var operatorKey = MakeKey();
        var settings = new Dictionary<string, string>(Unlimited)
        {
            // Without the dashboard, which looks at every call.
            ["ENVIRONMENT"] = "Production",
            ["Realtime:OperatorKey"] = operatorKey,
            ["PORT"] = ServerProcess.FindPort().ToString(CultureInfo.InvariantCulture),
            ["NO_BUILD"] = "1",
            ["PROGRAMS"] = Path.GetDirectoryName(Checkout.Published("Silo", "Realtime.Silo"))!,
        };
        var script = ServerProcess.Start("bash", ["docker/run-cluster.sh"], Checkout.Root, settings);
        try
        {
            var report = script.AwaitLine("Stop with Ctrl+C");
            var gateways = Addresses().Match(report);
            var processes = Processes().Match(report);
            return await DescribeAsync(
                name,
                [new Uri(gateways.Groups[1].Value), new Uri(gateways.Groups[2].Value)],
                [.. processes.Groups.Values.Skip(1).Select(static id => int.Parse(id.Value, CultureInfo.InvariantCulture))],
                operatorKey,
                Plan,
                false,
                [script]);
        }
        catch
        {
            script.Dispose();
            throw;
        }
    }

    /// <summary>A tenant, a database and a user in what runs already.</summary>
    public static async Task<RunningServer> DescribeAsync(
        string name, Uri[] addresses, int[] processIds, string operatorKey, string plan, bool overSse, List<IDisposable> parts)
    {
        var database = await RealtimeDatabase.CreateAsync(addresses[0], operatorKey, plan);
        parts.Add(database);
        var webSocket = new RealtimeDialect(authenticates: true);
        var token = await database.RegisterAsync();
        if (!overSse)
        {
            return new RunningServer(new Target(name, addresses, processIds, webSocket, null, token), database, parts);
        }

        var events = new RealtimeSseDialect(database.PublicKey);
        parts.Add(events);
        return new RunningServer(new Target(name, addresses, processIds, events, webSocket, token), database, parts);
    }

    private static string MakeKey() => Convert.ToHexString(RandomNumberGenerator.GetBytes(16));

    [GeneratedRegex(@"Gateways\s+(\S+)/\s+(\S+)/")]
    private static partial Regex Addresses();

    [GeneratedRegex(@"gateways (\d+) (\d+), silos (\d+) (\d+)")]
    private static partial Regex Processes();
}
