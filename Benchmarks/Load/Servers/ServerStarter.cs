using System.Globalization;
using Realtime.Benchmarks.Load.Dialects;

namespace Realtime.Benchmarks.Load.Servers;

/// <summary>Starts servers by name, each fresh, or describes one that runs.</summary>
internal sealed class ServerStarter(LoadOptions options)
{
    /// <summary>Starts one.</summary>
    /// <exception cref="LoadException">It can't be started.</exception>
    public async Task<RunningServer> StartAsync(string name)
    {
        if (options.Url is not null)
        {
            return await DescribeAsync(name);
        }

        return name switch
        {
            "realtime" => await RealtimeServers.StartAllInOneAsync(name, overSse: false, []),
            "realtime-sse" => await RealtimeServers.StartAllInOneAsync(name, overSse: true, []),
            "realtime-postgres" => await RealtimeServers.StartOnPostgresAsync(name),
            "realtime-cluster" => await RealtimeServers.StartClusterAsync(name),
            "raw" => PeerServers.StartRaw(name),
            "signalr" => PeerServers.StartSignalR(name),
            "signalr-redis" => PeerServers.StartSignalRWithRedis(name),
            "socketio" => PeerServers.StartSocketIo(name),
            "nats" => PeerServers.StartNats(name),
            "nchan" => PeerServers.StartNchan(name),
            "sqlite" => PlainStores.OpenSqlite(name),
            "postgres" => PlainStores.OpenPostgres(name),
            _ => throw new LoadException($"There is no server '{name}'."),
        };
    }

    private async Task<RunningServer> DescribeAsync(string name)
    {
        Uri[] addresses = [.. options.Url!.Split(',').Select(static address => new Uri(address))];
        int[] processIds = [.. (options.Pids ?? throw new LoadException("Pids must tell the server's process ids.")).Split(',').Select(static id => int.Parse(id, CultureInfo.InvariantCulture))];
        return name switch
        {
            "realtime" or "realtime-sse" or "realtime-cluster" => await RealtimeServers.DescribeAsync(
                name, addresses, processIds, options.OperatorKey, options.Plan, name == "realtime-sse", []),
            "raw" => Describe(new RealtimeDialect(authenticates: false)),
            "signalr" or "signalr-redis" => Describe(new SignalRDialect()),
            "socketio" => Describe(new SocketIoDialect()),
            "nats" => Describe(new NatsDialect()),
            "nchan" => Describe(new NchanDialect()),
            _ => throw new LoadException($"There is no server '{name}'."),
        };

        RunningServer Describe(Dialect dialect) => new(new Target(name, addresses, processIds, dialect), null, []);
    }
}
