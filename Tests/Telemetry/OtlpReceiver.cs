using System.Collections.Concurrent;
using System.Text;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Realtime.Tests.Infrastructure;

namespace Realtime.Tests.Telemetry;

/// <summary>Takes what is pushed by OTLP over HTTP. Names stand in the messages as they are, so they can be looked for without reading the format.</summary>
internal sealed class OtlpReceiver : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly ConcurrentQueue<string> _received = new();

    private OtlpReceiver()
    {
        var builder = WebApplication.CreateBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        _app = builder.Build();
        _app.MapPost("/v1/{signal}", async (string signal, HttpRequest request) =>
        {
            using var body = new MemoryStream();
            await request.Body.CopyToAsync(body);
            _received.Enqueue($"{signal} {Encoding.Latin1.GetString(body.ToArray())}");
        });
    }

    /// <summary>Where it listens.</summary>
    public string Url => _app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First();

    /// <summary>All that was received so far.</summary>
    public string Received => string.Join('\n', _received);

    public static async Task<OtlpReceiver> StartAsync()
    {
        var receiver = new OtlpReceiver();
        await receiver._app.StartAsync();
        return receiver;
    }

    /// <summary>Waits until a signal has brought a name.</summary>
    /// <param name="signal"><c>metrics</c> or <c>traces</c>.</param>
    /// <param name="name">The name.</param>
    public Task ExpectAsync(string signal, string name) => Eventually.TrueAsync(
        () => _received.Any(message => message.StartsWith(signal + ' ', StringComparison.Ordinal) && message.Contains(name, StringComparison.Ordinal)),
        $"{name} among the {signal}");

    public ValueTask DisposeAsync() => _app.DisposeAsync();
}
