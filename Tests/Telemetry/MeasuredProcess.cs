using System.Security.Cryptography;
using Realtime.Tests.Clients;
using Realtime.Tests.Cluster;
using Realtime.Tests.Infrastructure;

namespace Realtime.Tests.Telemetry;

/// <summary>
/// The all-in-one process as it is deployed, with a listener for the operator, used by a few clients: what it hands to
/// Prometheus and pushes by OTLP.
/// </summary>
public sealed class MeasuredProcess : IAsyncLifetime
{
    /// <summary>What clients have sent to each other and written.</summary>
    public const string Payload = "a payload that is nobody's business";

    private readonly string _folder = Directory.CreateTempSubdirectory("realtime-measured-").FullName;
    private OtlpReceiver? _collector;
    private ServerProcess? _process;

    /// <summary>Where clients connect.</summary>
    public Uri Address => _process!.Address;

    /// <summary>The operator's listener.</summary>
    public Uri OperatorAddress { get; private set; } = null!;

    /// <summary>What it has pushed.</summary>
    internal OtlpReceiver Collector => _collector!;

    /// <summary>What Prometheus is answered.</summary>
    public string Scrape { get; private set; } = "";

    /// <summary>Tokens, keys, names and ids that clients have used.</summary>
    public IReadOnlyList<string> Secrets { get; private set; } = [];

    public async ValueTask InitializeAsync()
    {
        _collector = await OtlpReceiver.StartAsync();
        OperatorAddress = new Uri($"http://127.0.0.1:{FreePorts.Next()}");
        _process = await ServerProcess.Start(
            "measured",
            Checkout.SiloAssembly,
            new Uri($"http://127.0.0.1:{FreePorts.Next()}"),
            new Dictionary<string, string>
            {
                ["ASPNETCORE_ENVIRONMENT"] = "Production",
                ["Realtime:DataFolder"] = Path.Combine(_folder, "data"),
                ["Realtime:SigningKeys:0:Id"] = "test",
                ["Realtime:SigningKeys:0:Secret"] = Convert.ToBase64String(RandomNumberGenerator.GetBytes(32)),
                ["Realtime:OperatorKey"] = RealtimeBackend.OperatorKey,
                ["Realtime:OperatorUrls"] = OperatorAddress.GetLeftPart(UriPartial.Authority),
                ["Realtime:Passwords:WorkFactor"] = "4",
                ["OTEL_EXPORTER_OTLP_ENDPOINT"] = _collector.Url,
                ["OTEL_EXPORTER_OTLP_PROTOCOL"] = "http/protobuf",
                ["OTEL_METRIC_EXPORT_INTERVAL"] = "500",
                ["OTEL_BSP_SCHEDULE_DELAY"] = "500",
                ["OTEL_TRACES_SAMPLER"] = "always_on",
            },
            _folder).ReadyAsync();
        await UseAsync();
        using var http = new HttpClient { BaseAddress = OperatorAddress };
        Scrape = await http.GetStringAsync(new Uri("/metrics", UriKind.Relative));
    }

    public async ValueTask DisposeAsync()
    {
        if (_process is not null)
        {
            await _process.DisposeAsync();
        }

        if (_collector is not null)
        {
            await _collector.DisposeAsync();
        }

        Directory.Delete(_folder, recursive: true);
    }

    private async Task UseAsync()
    {
        await using var gateway = GatewayProcess.At(Address);
        await using var operating = GatewayProcess.At(OperatorAddress);
        var database = await operating.Operator.CreateDatabaseAsync(gateway, await operating.Operator.CreateTenantAsync("idea"));
        var user = await database.RegisterAsync();
        await using var stream = await database.ConnectMemberAsync(Transport.ServerSentEvents, "a channel", user);
        await using var socket = await database.ConnectMemberAsync(Transport.WebSocket, "a channel", user);
        await socket.JoinAsync("db-notes");
        await stream.PublishAsMemberAsync("a channel", Payload);
        await socket.ExpectAsync("chan_out");
        var note = await database.SendAsync(HttpMethod.Post, "/db/notes", user.Token, new { text = Payload });
        await socket.ExpectAsync("db_created");
        Secrets =
        [
            user.Token, user.Email, user.Id, user.AccountId, database.PublicKey, database.TenantId, stream.Sid, socket.Sid, Payload,
            "a channel", note.GetProperty("id").GetString()!,
        ];
    }
}
