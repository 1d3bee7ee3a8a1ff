using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace Realtime.Benchmarks.Load.Servers;

/// <summary>A server that this tool has started: its own process, ended by its id.</summary>
internal sealed class ServerProcess : IDisposable
{
    // Below the ports that Linux gives to outgoing connections.
    private const int FirstPort = 12_000;
    private const int EndPort = 32_000;

    private static readonly TimeSpan StartLimit = TimeSpan.FromSeconds(120);
    private static readonly TimeSpan StopLimit = TimeSpan.FromSeconds(20);

    // What must not outlive this tool when it is interrupted.
    private static readonly ConcurrentDictionary<int, ServerProcess> Running = new();

    private readonly Process _process;
    private readonly List<string> _printed = [];

    private ServerProcess(Process process)
    {
        _process = process;
        process.OutputDataReceived += (_, line) => Keep(line.Data);
        process.ErrorDataReceived += (_, line) => Keep(line.Data);
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        Running[Id] = this;
    }

    /// <summary>Its number.</summary>
    public int Id => _process.Id;

    /// <summary>Tells all that run to end.</summary>
    public static void EndAll()
    {
        foreach (var server in Running.Values)
        {
            server.Terminate();
        }
    }

    /// <summary>A port that is free.</summary>
    public static int FindPort()
    {
        while (true)
        {
            var port = Random.Shared.Next(FirstPort, EndPort);
            using var listener = new TcpListener(IPAddress.Loopback, port);
            try
            {
                listener.Start();
                return port;
            }
            catch (SocketException)
            {
                // Taken.
            }
        }
    }

    /// <summary>Starts a program.</summary>
    /// <param name="program">Its file, or its name on the path.</param>
    /// <param name="arguments">Its arguments.</param>
    /// <param name="folder">Where it runs.</param>
    /// <param name="settings">Its environment over this process's.</param>
    public static ServerProcess Start(string program, IEnumerable<string> arguments, string folder, IEnumerable<KeyValuePair<string, string>> settings)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            WorkingDirectory = folder,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var (key, value) in settings)
        {
            start.Environment[key.Replace(":", "__", StringComparison.Ordinal)] = value;
        }

        return new ServerProcess(Process.Start(start)!);
    }

    /// <summary>Waits until it has printed something.</summary>
    /// <param name="text">A part of a line.</param>
    /// <returns>All that it has printed.</returns>
    public string AwaitLine(string text)
    {
        Await(() => Printed().Contains(text, StringComparison.Ordinal), text);
        return Printed();
    }

    /// <summary>Waits until it takes connections.</summary>
    /// <param name="port">Where.</param>
    public void AwaitPort(int port) => Await(
        () =>
        {
            using var client = new TcpClient();
            try
            {
                client.Connect(IPAddress.Loopback, port);
                return true;
            }
            catch (SocketException)
            {
                return false;
            }
        },
        $"port {port}");

    /// <summary>Waits until an address answers with success.</summary>
    public void AwaitAnswer(Uri address)
    {
        using var http = new HttpClient { Timeout = TimeSpan.FromSeconds(2) };
        Await(
            () =>
            {
                try
                {
                    using var answer = http.Send(new HttpRequestMessage(HttpMethod.Get, address));
                    return answer.IsSuccessStatusCode;
                }
                catch (Exception exception) when (exception is HttpRequestException or OperationCanceledException)
                {
                    return false;
                }
            },
            address.ToString());
    }

    public void Dispose()
    {
        if (!_process.HasExited)
        {
            Terminate();
            if (!_process.WaitForExit(StopLimit))
            {
                _process.Kill();
                _process.WaitForExit();
            }
        }

        Running.TryRemove(Id, out _);
        _process.Dispose();
    }

    private void Terminate()
    {
        using var kill = Process.Start("kill", ["-TERM", $"{Id}"]);
        kill.WaitForExit();
    }

    private void Keep(string? line)
    {
        if (line is not null)
        {
            lock (_printed)
            {
                _printed.Add(line);
            }
        }
    }

    private string Printed()
    {
        lock (_printed)
        {
            return string.Join('\n', _printed);
        }
    }

    private void Await(Func<bool> isSo, string what)
    {
        var begun = Stopwatch.StartNew();
        while (!isSo())
        {
            if (_process.HasExited || begun.Elapsed > StartLimit)
            {
                throw new LoadException($"{_process.StartInfo.FileName} {string.Join(' ', _process.StartInfo.ArgumentList)}: waited in vain for {what}.\n{Printed()}");
            }

            Thread.Sleep(50);
        }
    }
}
