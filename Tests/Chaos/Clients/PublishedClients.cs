using System.Diagnostics;
using System.Text.Json;
using Realtime.Tests.Chaos.Backend;
using Realtime.Tests.Chaos.Faults;
using Realtime.Tests.Clients;

namespace Realtime.Tests.Chaos.Clients;

/// <summary>The published library in Node.js, unmodified, with an EventSource that honours <c>Last-Event-ID</c>: several clients in one process.</summary>
internal sealed class PublishedClients : IAsyncDisposable
{
    private const string Version = "1.7.0";

    private static readonly TimeSpan Farewell = TimeSpan.FromSeconds(10);

    private readonly CuttableLink _ingress;
    private readonly Process _process;
    private readonly SemaphoreSlim _writing = new(1);
    private readonly Task _reading;
    private readonly Task<string> _errors;
    private bool _isOver;

    /// <summary>Starts them; they connect at once.</summary>
    public PublishedClients(IReadOnlyList<ClientPlan> plans, Ingress ingress, FaultLog faults, FleetMood mood, Timeline timeline)
    {
        // Each connection goes to a gateway that is ready, one after the other.
        var next = 0;
        _ingress = new CuttableLink(() => ingress.Pick(Interlocked.Increment(ref next) & int.MaxValue).Address);
        All = [.. plans.Select((plan, number) => new PublishedClient(plan, command => SendAsync(number, command), faults, mood, timeline))];
        _process = NodeScript.Start("chaos", new
        {
            client = Version,
            url = _ingress.Url,
            people = plans.Select(static plan => new { plan.Database.PublicKey, plan.User.Token, plan.Channels }),
        });
        _errors = _process.StandardError.ReadToEndAsync();
        _reading = ReadAsync();
    }

    /// <summary>All of them.</summary>
    public IReadOnlyList<PublishedClient> All { get; }

    /// <summary>Cuts all their connections, as a network does that is gone for a moment.</summary>
    public void Cut() => _ingress.Cut();

    /// <summary>Lets them send until the run is over.</summary>
    public async Task RunAsync(CancellationToken stopped)
    {
        await Task.WhenAll(All.Select(client => client.RunAsync(stopped)).Append(_reading));
        await _process.WaitForExitAsync(CancellationToken.None);
        Assert.True(_process.ExitCode == 0, await _errors);
    }

    /// <summary>Closes their streams.</summary>
    public async Task StopAsync()
    {
        _isOver = true;
        _process.StandardInput.Close();
        await _reading.WaitAsync(Farewell);
    }

    public async ValueTask DisposeAsync()
    {
        // Does nothing to a process that has ended.
        _process.Kill();
        await _reading;
        _process.Dispose();
        await _ingress.DisposeAsync();
        _writing.Dispose();
    }

    private async Task<SendOutcome> SendAsync(int client, object command)
    {
        await _writing.WaitAsync();
        try
        {
            if (_isOver)
            {
                return SendOutcome.NotSent;
            }

            await _process.StandardInput.WriteLineAsync(JsonSerializer.Serialize(new { client, command }));
            await _process.StandardInput.FlushAsync();
            return SendOutcome.Taken;
        }
        catch (IOException)
        {
            // It has ended, and its exit code will tell why.
            return SendOutcome.NotSent;
        }
        finally
        {
            _writing.Release();
        }
    }

    private async Task ReadAsync()
    {
        while (await _process.StandardOutput.ReadLineAsync() is { } line)
        {
            using var report = JsonDocument.Parse(line);
            All[report.RootElement.GetProperty("client").GetInt32()].Take(report.RootElement);
        }
    }
}
