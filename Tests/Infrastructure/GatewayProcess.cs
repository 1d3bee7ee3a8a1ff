using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.Logging.Testing;
using Realtime.Gateway;

namespace Realtime.Tests.Infrastructure;

/// <summary>A gateway with Kestrel on a free port: in this process, connected to a test cluster, or in one of its own.</summary>
public sealed class GatewayProcess : IAsyncDisposable
{
    /// <summary>What session tokens are signed with, in base64.</summary>
    public static readonly string SigningSecret = Convert.ToBase64String("a key that all gateways of the tests share"u8);

    private readonly WebApplication? _app;

    private GatewayProcess(Uri address, WebApplication? app)
    {
        _app = app;
        Address = address;
        Http = new HttpClient { BaseAddress = Address, Timeout = Eventually.Bound };
        Operator = new OperatorClient(Http);
    }

    /// <summary>Where it listens.</summary>
    public Uri Address { get; }

    /// <summary>A client of it that sends no key and no token by itself.</summary>
    public HttpClient Http { get; }

    /// <summary>Its parts, for tests that need a certain order of events.</summary>
    internal IServiceProvider Services => _app?.Services ?? throw new InvalidOperationException("The gateway runs in another process.");

    /// <summary>Its operator API.</summary>
    public OperatorClient Operator { get; }

    /// <summary>A gateway that runs in a process of its own.</summary>
    /// <param name="address">Where it listens.</param>
    public static GatewayProcess At(Uri address) => new(address, null);

    /// <summary>Starts a gateway.</summary>
    /// <param name="client">The cluster.</param>
    /// <param name="settings">Configuration over the tests' own.</param>
    public static Task<GatewayProcess> StartAsync(IClusterClient client, params (string Key, string Value)[] settings) =>
        StartAsync(client, client, settings);

    /// <summary>Starts a gateway that reaches grains in a way of its own.</summary>
    /// <param name="client">The cluster.</param>
    /// <param name="grains">Its grains.</param>
    /// <param name="settings">Configuration over the tests' own.</param>
    public static Task<GatewayProcess> StartAsync(
        IClusterClient client, IGrainFactory grains, params (string Key, string Value)[] settings) =>
        StartAsync(client, grains, log: null, settings);

    /// <summary>Starts a gateway that reaches grains in a way of its own, and tells what it logs.</summary>
    /// <param name="client">The cluster.</param>
    /// <param name="grains">Its grains.</param>
    /// <param name="log">Where it logs; null for nowhere.</param>
    /// <param name="settings">Configuration over the tests' own.</param>
    internal static async Task<GatewayProcess> StartAsync(
        IClusterClient client, IGrainFactory grains, FakeLoggerProvider? log, params (string Key, string Value)[] settings)
    {
        var builder = WebApplication.CreateBuilder(new WebApplicationOptions { EnvironmentName = "Testing" });
        builder.Logging.ClearProviders();
        if (log is not null)
        {
            builder.Logging.AddOwnLog(log);
        }

        builder.Configuration.Sources.Clear();
        builder.Configuration.AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["Realtime:OperatorKey"] = RealtimeBackend.OperatorKey,
            ["Realtime:SigningKeys:0:Id"] = "test",
            ["Realtime:SigningKeys:0:Secret"] = SigningSecret,
            ["Realtime:DrainTime"] = "00:00:00",
            ["Realtime:Limits:LoginsPerMinute"] = "0",
            ["Realtime:Limits:StreamsPerMinute"] = "0",
            ["Realtime:Limits:SseHeartbeat"] = "00:00:00.300",
        });
        builder.Configuration.AddInMemoryCollection(settings.Select(static setting =>
            KeyValuePair.Create<string, string?>(setting.Key, setting.Value)));
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Services.AddSingleton(client);
        builder.Services.AddSingleton(grains);
        builder.Services.AddRealtimeGateway(builder.Configuration);
        var app = builder.Build();
        app.MapRealtime();
        await app.StartAsync();
        return new GatewayProcess(
            new Uri(app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First()), app);
    }

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        if (_app is not null)
        {
            await _app.StopAsync();
            await _app.DisposeAsync();
        }
    }
}
