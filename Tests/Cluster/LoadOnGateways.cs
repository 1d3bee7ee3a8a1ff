using System.Collections.Concurrent;
using Realtime.Tests.Infrastructure;

namespace Realtime.Tests.Cluster;

/// <summary>Users that write and read documents, log in and send messages on several gateways until they are told to stop.</summary>
internal sealed class LoadOnGateways : IAsyncDisposable
{
    private const int Workers = 4;
    private const string Channel = "lobby";

    private static readonly TimeSpan EchoPause = TimeSpan.FromMilliseconds(20);

    private readonly CancellationTokenSource _stop = new();
    private readonly List<Task> _work = [];
    private readonly List<RealtimeClient> _members = [];
    private readonly ConcurrentDictionary<string, TimeSpan> _slowest = new();
    private int _calls;

    private LoadOnGateways()
    {
    }

    /// <summary>What wasn't answered as it should have been.</summary>
    public ConcurrentQueue<string> Failures { get; } = new();

    /// <summary>Calls that were answered.</summary>
    public int Calls => Volatile.Read(ref _calls);

    /// <summary>The longest that each kind of call took.</summary>
    public string Slowest => string.Join(", ", _slowest.OrderBy(static one => one.Key).Select(static one => $"{one.Key} {one.Value.TotalMilliseconds:F0} ms"));

    /// <summary>The longest that a kind of call took.</summary>
    /// <param name="kind">Such as <c>create</c>.</param>
    public TimeSpan SlowestOf(string kind) => _slowest[kind];

    /// <summary>Starts it.</summary>
    /// <param name="database">The database of all users.</param>
    /// <param name="transports">How members of a channel are connected to each gateway; none for HTTP alone.</param>
    /// <param name="gateways">The gateways.</param>
    public static async Task<LoadOnGateways> StartAsync(TestDatabase database, Transport[] transports, params GatewayProcess[] gateways)
    {
        var load = new LoadOnGateways();
        foreach (var gateway in gateways)
        {
            var here = database with { Gateway = gateway };
            for (var i = 0; i < Workers; i++)
            {
                var user = await here.RegisterAsync();
                load._work.Add(load.RunAsync(() => load.UseDocumentsAsync(here, user)));
            }

            foreach (var transport in transports)
            {
                var member = await here.ConnectMemberAsync(transport, Channel, gateway);
                load._members.Add(member);
                load._work.Add(load.RunAsync(() => load.EchoAsync(member)));
            }
        }

        return load;
    }

    /// <summary>Waits until so many more calls were answered.</summary>
    public Task AnsweredAsync(int more)
    {
        var before = Calls;
        return Eventually.TrueAsync(() => Calls >= before + more, $"{more} more calls; failed: {string.Join("; ", Failures.Take(3))}");
    }

    /// <summary>Lets what is under way end.</summary>
    public async Task StopAsync()
    {
        await _stop.CancelAsync();
        await Task.WhenAll(_work).WaitAsync(Eventually.Bound);
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        foreach (var member in _members)
        {
            await member.DisposeAsync();
        }

        _stop.Dispose();
    }

    private async Task RunAsync(Func<Task> round)
    {
        while (!_stop.IsCancellationRequested)
        {
            try
            {
                await round();
            }
            catch (Exception exception)
            {
                Failures.Enqueue($"{DateTimeOffset.UtcNow:HH:mm:ss.fff} {exception.Message}");
                await Task.Delay(TimeSpan.FromMilliseconds(50));
            }
        }
    }

    private async Task UseDocumentsAsync(TestDatabase database, TestUser user)
    {
        var repository = $"notes{Random.Shared.Next(20)}";
        var created = await MeasureAsync("create", database.SendAsync(HttpMethod.Post, $"/db/{repository}", user.Token, new { title = "a" }));
        var id = created.GetProperty("id").GetString();
        await MeasureAsync("update", database.SendAsync(HttpMethod.Put, $"/db/{repository}/{id}", user.Token, new { title = "b" }));
        await MeasureAsync("get", database.SendAsync(HttpMethod.Get, $"/db/{repository}/{id}", user.Token));
        await MeasureAsync("list", database.SendAsync(HttpMethod.Get, $"/db/{repository}?size=5", user.Token));
        await MeasureAsync("delete", database.SendAsync(HttpMethod.Delete, $"/db/{repository}/{id}", user.Token));
        await MeasureAsync("login", database.SendAsync(HttpMethod.Post, "/login", null, new { email = user.Email, password = "a password" }));
    }

    private async Task EchoAsync(RealtimeClient member)
    {
        var marker = Guid.NewGuid().ToString();
        await MeasureAsync("echo", EchoAsync(member, marker));

        // Below the rate that a connection is allowed.
        await Task.Delay(EchoPause);
    }

    private static async Task<bool> EchoAsync(RealtimeClient member, string marker)
    {
        await member.SendAsync("echo", marker);
        while ((await member.NextAsync()).Data != $"echo: {marker}")
        {
            // Somebody else's message in the channel.
        }

        return true;
    }

    private async Task<T> MeasureAsync<T>(string kind, Task<T> call)
    {
        var started = TimeProvider.System.GetTimestamp();
        try
        {
            var answer = await call;
            Interlocked.Increment(ref _calls);
            return answer;
        }
        finally
        {
            var took = TimeProvider.System.GetElapsedTime(started);
            _slowest.AddOrUpdate(kind, took, (_, longest) => took > longest ? took : longest);
        }
    }
}
