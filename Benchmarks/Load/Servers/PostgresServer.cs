using System.Diagnostics;

namespace Realtime.Benchmarks.Load.Servers;

/// <summary>A PostgreSQL server of its own with its defaults, reached by a socket in a folder that is gone afterwards.</summary>
internal sealed class PostgresServer : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly ServerProcess _process;

    /// <summary>Makes and starts it.</summary>
    /// <exception cref="LoadException">PostgreSQL isn't installed, or doesn't start.</exception>
    public PostgresServer()
    {
        var programs = Directory.Exists("/usr/lib/postgresql")
            ? Directory.GetDirectories("/usr/lib/postgresql").Order().LastOrDefault()
            : null;
        if (programs is null)
        {
            throw new LoadException("PostgreSQL isn't installed: Benchmarks/run.sh installs it.");
        }

        var home = Path.Combine(_folder.Path, "postgres");
        var data = Path.Combine(home, "data");

        // The server refuses to run as root; its package has made a user for it.
        string[] asPostgres = Environment.IsPrivilegedProcess ? ["setpriv", "--reuid", "postgres", "--regid", "postgres", "--clear-groups"] : ["env"];
        Run("mkdir", home);
        if (Environment.IsPrivilegedProcess)
        {
            Run("chmod", "711", _folder.Path);
            Run("chown", "postgres:postgres", home);
        }

        Run(asPostgres[0], [.. asPostgres[1..], $"{programs}/bin/initdb", "-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync"]);
        _process = ServerProcess.Start(asPostgres[0], [.. asPostgres[1..], $"{programs}/bin/postgres", "-D", data, "-k", home, "-c", "listen_addresses="], "/", []);
        ConnectionString = $"Host={home};Username=postgres;Database=postgres";
        _process.AwaitLine("ready to accept connections");
    }

    /// <summary>How Npgsql reaches it.</summary>
    public string ConnectionString { get; }

    public void Dispose()
    {
        _process.Dispose();
        _folder.Dispose();
    }

    private static void Run(string program, params string[] arguments)
    {
        var start = new ProcessStartInfo(program, arguments) { WorkingDirectory = "/", RedirectStandardOutput = true, RedirectStandardError = true };
        using var process = Process.Start(start)!;
        var errors = process.StandardError.ReadToEndAsync();
        process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        if (process.ExitCode != 0)
        {
            throw new LoadException($"{program}: {errors.Result}");
        }
    }
}
