using System.Globalization;
using Realtime.Benchmarks.Load.Dialects;

namespace Realtime.Benchmarks.Load.Servers;

/// <summary>The servers that this backend is compared with, started for a run with their own defaults.</summary>
internal static class PeerServers
{
    /// <summary>The yardstick, <c>Benchmarks/Raw</c>.</summary>
    public static RunningServer StartRaw(string name)
    {
        var address = FindAddress();
        var server = StartDotNet("Raw", address, []);
        return Describe(name, [address], [server.Id], new RealtimeDialect(authenticates: false), [server]);
    }

    /// <summary>SignalR in one process.</summary>
    public static RunningServer StartSignalR(string name)
    {
        var address = FindAddress();
        var server = StartDotNet("SignalR", address, []);
        return Describe(name, [address], [server.Id], new SignalRDialect(), [server]);
    }

    /// <summary>SignalR in two processes that share a Redis server. Its time counts, too.</summary>
    public static RunningServer StartSignalRWithRedis(string name)
    {
        var folder = new TemporaryFolder();
        var port = ServerProcess.FindPort();
        var redis = StartProgram("redis-server", folder.Path, "--port", $"{port}", "--bind", "127.0.0.1", "--save", "", "--appendonly", "no");
        redis.AwaitPort(port);
        Uri[] addresses = [FindAddress(), FindAddress()];
        var settings = new Dictionary<string, string> { ["Redis"] = $"127.0.0.1:{port}" };
        var servers = addresses.Select(address => StartDotNet("SignalR", address, settings)).ToArray();
        return Describe(name, addresses, [redis.Id, .. servers.Select(static server => server.Id)], new SignalRDialect(), [folder, redis, .. servers]);
    }

    /// <summary>Socket.IO on Node.js.</summary>
    public static RunningServer StartSocketIo(string name)
    {
        var address = FindAddress();
        var server = StartProgram("node", Path.Combine(Checkout.Root, "Benchmarks", "SocketIo"), "server.mjs", $"{address.Port}");
        server.AwaitPort(address.Port);
        return Describe(name, [address], [server.Id], new SocketIoDialect(), [server]);
    }

    /// <summary>nats-server with its WebSocket listener.</summary>
    public static RunningServer StartNats(string name)
    {
        var folder = new TemporaryFolder();
        var address = FindAddress();
        var file = Path.Combine(folder.Path, "nats.conf");
        File.WriteAllText(
            file,
            string.Create(CultureInfo.InvariantCulture, $"listen: 127.0.0.1:{ServerProcess.FindPort()}\nwebsocket {{ listen: \"127.0.0.1:{address.Port}\", no_tls: true }}\n"));
        var server = StartProgram("nats-server", folder.Path, "-c", file);
        server.AwaitPort(address.Port);
        return Describe(name, [address], [server.Id], new NatsDialect(), [folder, server]);
    }

    /// <summary>nginx with nchan and one worker, which is the process that counts.</summary>
    public static RunningServer StartNchan(string name)
    {
        var folder = new TemporaryFolder();
        var address = FindAddress();
        var file = Path.Combine(folder.Path, "nginx.conf");
        File.WriteAllText(
            file,
            $$"""
            load_module /usr/lib/nginx/modules/ngx_nchan_module.so;
            user root;
            daemon off;
            master_process off;
            pid {{folder.Path}}/nginx.pid;
            error_log {{folder.Path}}/error.log;
            worker_rlimit_nofile 20000;
            events { worker_connections 19000; }
            http {
              access_log off;
              nchan_shared_memory_size 512M;
              nchan_message_buffer_length 0;
              server {
                listen 127.0.0.1:{{address.Port}} backlog=4096;
                location ~ ^/channel/(.+)$ {
                  nchan_pubsub websocket;
                  nchan_channel_id $1;
                  nchan_subscriber_first_message newest;
                }
              }
            }
            """);
        var server = StartProgram("/usr/sbin/nginx", folder.Path, "-c", file, "-p", folder.Path);
        server.AwaitPort(address.Port);
        return Describe(name, [address], [server.Id], new NchanDialect(), [folder, server]);
    }

    private static RunningServer Describe(string name, Uri[] addresses, int[] processIds, Dialect dialect, List<IDisposable> parts) =>
        new(new Target(name, addresses, processIds, dialect), null, parts);

    private static Uri FindAddress() => new($"http://127.0.0.1:{ServerProcess.FindPort()}");

    private static ServerProcess StartDotNet(string project, Uri address, Dictionary<string, string> settings)
    {
        var program = Checkout.Program($"Benchmarks/{project}", $"Realtime.Benchmarks.{project}");
        var server = ServerProcess.Start(
            "dotnet", [program, "--urls", address.GetLeftPart(UriPartial.Authority)], Path.GetDirectoryName(program)!, settings);
        server.AwaitAnswer(new Uri(address, "/health/ready"));
        return server;
    }

    private static ServerProcess StartProgram(string program, string folder, params string[] arguments)
    {
        try
        {
            return ServerProcess.Start(program, arguments, folder, []);
        }
        catch (System.ComponentModel.Win32Exception exception)
        {
            throw new LoadException($"{program} can't be started ({exception.Message}): Benchmarks/run.sh installs it.");
        }
    }
}
