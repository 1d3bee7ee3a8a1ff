using System.Diagnostics;
using Realtime.Tests.Chaos.Backend;
using Realtime.Tests.Chaos.History;

namespace Realtime.Tests.Chaos.Clients;

/// <summary>All clients and writers of a run.</summary>
internal sealed class Fleet(
    IReadOnlyList<ChaosClient> clients,
    IReadOnlyList<DocumentWriter> writers,
    Func<PublishedClients> startPublished,
    GatewayEndpoint[] gateways,
    FleetMood mood,
    Timeline timeline)
    : IAsyncDisposable
{
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(100);

    private readonly CancellationTokenSource _stopped = new();
    private PublishedClients? _published;
    private Task _running = Task.CompletedTask;

    /// <summary>How many clients there are.</summary>
    public int Size => clients.Count + Published.Count;

    /// <summary>Those that use the published library.</summary>
    public IReadOnlyList<PublishedClient> Published => _published?.All ?? [];

    /// <summary>How many of them are members of all their channels.</summary>
    public int Members => clients.Count(static client => client.MemberOn is not null) + Published.Count(static client => client.IsMember);

    /// <summary>Starts all of them and waits until they are members.</summary>
    public async Task StartAsync()
    {
        _published = startPublished();
        _running = Task.WhenAll(clients.Select(RunAsync)
            .Concat(writers.Select(writer => Task.Run(() => writer.RunAsync(_stopped.Token))))
            .Append(_published.RunAsync(_stopped.Token)));
        await AllBackAsync();
    }

    /// <summary>Waits until all clients are members; those of an overbooked tenant may go without.</summary>
    public async Task AllBackAsync()
    {
        var waited = Stopwatch.StartNew();
        string[] away;
        while ((away = [
            .. clients.Where(static client => client is { MemberOn: null, Plan.MayBeRefused: false }).Select(static client => $"{client.Plan.Name} ({client.LastTrouble})"),
            .. Published.Where(static client => !client.IsMember).Select(static client => client.Name)]).Length > 0)
        {
            if (waited.Elapsed > Patience.Return)
            {
                timeline.Report(new Violation(
                    Promise.NobodySentAway, $"{away.Length} clients",
                    $"are still without connection or membership after {waited.Elapsed.TotalSeconds:F0} s, such as {string.Join(", ", away.Take(5))}"));
                return;
            }

            if (_running.IsFaulted)
            {
                await _running;
            }

            await Task.Delay(Look);
        }
    }

    /// <summary>Has those who are not where they prefer to be reconnect, as people reload pages; so that both gateways have members.</summary>
    public async Task SpreadAsync()
    {
        foreach (var client in clients.Where(client =>
            client.MemberOn is { } gateway && gateways[client.Plan.Gateway].IsReady && gateway != gateways[client.Plan.Gateway].Name))
        {
            client.Reload();
            await Task.Delay(5);
        }

        await AllBackAsync();
    }

    /// <summary>Cuts the streams of all clients that go on with their sessions.</summary>
    public void CutStreams()
    {
        foreach (var client in clients.Where(static client => client.Plan.ComesBack))
        {
            client.Reload();
        }

        _published?.Cut();
    }

    /// <summary>Has some clients of a gateway that stands still come back elsewhere.</summary>
    public void LeaveSilent(string gateway)
    {
        foreach (var client in clients.Where(client => client.Plan.NoticesSilence && client.MemberOn == gateway))
        {
            client.Reload();
        }
    }

    /// <summary>Has nobody send, and waits until every message has its reply.</summary>
    public async Task QuietenAsync()
    {
        mood.IsQuiet = true;
        var waited = Stopwatch.StartNew();
        while ((clients.Any(static client => client.Unanswered > 0) || Published.Any(static client => client.Unanswered > 0)) && waited.Elapsed < Patience.Reply)
        {
            await Task.Delay(Look);
        }

        await AllBackAsync();
    }

    /// <summary>Has everybody read back what it has written.</summary>
    public Task VerifyDocumentsAsync() => Task.WhenAll(writers.Select(static writer => writer.VerifyAsync()));

    /// <summary>Closes all connections.</summary>
    public async Task StopAsync()
    {
        await _stopped.CancelAsync();
        await (_published?.StopAsync() ?? Task.CompletedTask);
        await _running.WaitAsync(Patience.Reply + Patience.Connect);
    }

    public async ValueTask DisposeAsync()
    {
        try
        {
            await StopAsync();
        }
        finally
        {
            await (_published?.DisposeAsync() ?? ValueTask.CompletedTask);
            _stopped.Dispose();
        }
    }

    private async Task RunAsync(ChaosClient client)
    {
        // Not all in the same moment: that is another test's load.
        await Task.Delay(TimeSpan.FromMilliseconds(10 * (client.Plan.Seed % 200)));
        await client.RunAsync(_stopped.Token);
    }
}
