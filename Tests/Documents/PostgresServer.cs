using System.Diagnostics;
using Realtime.Tests.Documents;

[assembly: AssemblyFixture(typeof(PostgresServer))]

namespace Realtime.Tests.Documents;

/// <summary>
/// A PostgreSQL server of the test run, from Debian's package <c>postgresql</c>: started with the first test that needs
/// one, in a folder that is deleted afterwards, reachable by a socket in that folder only.
/// </summary>
public sealed class PostgresServer : IAsyncDisposable
{
    private static readonly TimeSpan StartLimit = TimeSpan.FromSeconds(60);

    private readonly Lazy<Task<string>> _socketFolder;
    private string? _folder;
    private Process? _server;

    public PostgresServer() => _socketFolder = new Lazy<Task<string>>(StartAsync);

    /// <summary>Connection string without a database. The role may do everything.</summary>
    public async Task<string> ConnectAsync() => $"Host={await _socketFolder.Value};Username=postgres;GSS Encryption Mode=Disable";

    /// <summary>Path of the server's socket.</summary>
    public async Task<string> SocketAsync() => Path.Combine(await _socketFolder.Value, ".s.PGSQL.5432");

    /// <summary>Freezes the server with all its processes: connections stay open and nothing answers.</summary>
    public Task FreezeAsync() => SignalAllAsync("STOP");

    /// <summary>Lets it go on.</summary>
    public Task ThawAsync() => SignalAllAsync("CONT");

    public async ValueTask DisposeAsync()
    {
        if (_server is not null)
        {
            // Ends at once and leaves no shared memory behind.
            using var kill = Process.Start("kill", ["-QUIT", $"{_server.Id}"]);
            await kill.WaitForExitAsync();
            await _server.WaitForExitAsync();
            _server.Dispose();
        }

        if (_folder is not null)
        {
            Directory.Delete(_folder, recursive: true);
        }
    }

    private async Task SignalAllAsync(string signal)
    {
        var server = _server ?? throw new InvalidOperationException("The PostgreSQL server of the tests was not started.");

        // Its children do the work. It goes first, so that there are no new ones.
        await RunAsync("kill", $"-{signal}", $"{server.Id}");
        var children = await File.ReadAllTextAsync($"/proc/{server.Id}/task/{server.Id}/children");
        foreach (var child in children.Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            // One that has ended meanwhile needs no signal.
            using var kill = Process.Start("kill", [$"-{signal}", child]);
            await kill.WaitForExitAsync();
        }
    }

    private async Task<string> StartAsync()
    {
        var programs = Directory.Exists("/usr/lib/postgresql")
            ? Directory.GetDirectories("/usr/lib/postgresql").Select(version => Path.Combine(version, "bin"))
                .Where(bin => File.Exists(Path.Combine(bin, "initdb"))).Order(StringComparer.Ordinal).LastOrDefault()
            : null;
        if (programs is null)
        {
            throw new InvalidOperationException(
                "These tests start a PostgreSQL server by themselves and need Debian's package: apt-get install postgresql");
        }

        _folder = Directory.CreateTempSubdirectory("realtime-postgres-").FullName;
        if (Environment.IsPrivilegedProcess)
        {
            await RunAsync("chown", "postgres", _folder);
        }

        // The order of the language, not of the code points: nothing may depend on what the server has.
        var data = Path.Combine(_folder, "data");
        await RunAsUserAsync(
            Path.Combine(programs, "initdb"), "-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-sync",
            "--locale=C.UTF-8", "--locale-provider=icu", "--icu-locale=en");
        _server = Start(AsUser(
            Path.Combine(programs, "postgres"), "-D", data, "-k", _folder, "-c", "listen_addresses=", "-c", "fsync=off",
            "-c", "full_page_writes=off", "-c", "max_connections=300"));
        await ReadyAsync(_server).WaitAsync(StartLimit);
        return _folder;
    }

    private static async Task ReadyAsync(Process server)
    {
        var log = new List<string>();
        while (await server.StandardError.ReadLineAsync() is { } line)
        {
            log.Add(line);
            if (line.Contains("ready to accept connections", StringComparison.Ordinal))
            {

                // A pipe that nobody reads would stop the server once it is full.
                _ = server.StandardError.ReadToEndAsync();
                return;
            }
        }

        throw new InvalidOperationException("The PostgreSQL server of the tests didn't start:\n" + string.Join('\n', log));
    }

    private static Task RunAsUserAsync(params string[] command) => RunAsync(AsUser(command));

    // The server refuses to run as root; the package has made a user for it.
    private static string[] AsUser(params string[] command) => Environment.IsPrivilegedProcess
        ? ["setpriv", "--reuid", "postgres", "--regid", "postgres", "--clear-groups", .. command]
        : command;

    private static async Task RunAsync(params string[] command)
    {
        using var process = Start(command);
        var errors = process.StandardError.ReadToEndAsync();
        await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        Assert.True(process.ExitCode == 0, $"{command[^1]}: {await errors}");
    }

    private static Process Start(string[] command)
    {
        var start = new ProcessStartInfo(command[0], command[1..])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = "/",
        };
        return Process.Start(start)!;
    }
}
