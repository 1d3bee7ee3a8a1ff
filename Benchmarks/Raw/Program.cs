using Microsoft.AspNetCore.Http.Features;
using Realtime.Benchmarks.Raw;

// The yardstick: a fan-out over WebSocket on Kestrel with nothing else in it. Frozen: what is measured against it must
// stay comparable.
var builder = WebApplication.CreateSlimBuilder(args);
builder.Logging.ClearProviders();
builder.WebHost.ConfigureKestrel(static kestrel => kestrel.AddServerHeader = false);
builder.WebHost.UseKestrelCore().UseSockets();
var app = builder.Build();
var rooms = new Rooms();

app.MapGet("/health/ready", static () => "ready");
app.MapGet("/ws", async (HttpContext http) =>
{
    if (http.Features.Get<IHttpUpgradeFeature>() is not { IsUpgradableRequest: true } upgrade)
    {
        http.Response.StatusCode = StatusCodes.Status400BadRequest;
        return;
    }

    http.Response.Headers.Connection = "Upgrade";
    http.Response.Headers.Upgrade = "websocket";
    http.Response.Headers.SecWebSocketAccept = Frames.GetAccept(http.Request.Headers.SecWebSocketKey.ToString());
    await using var stream = await upgrade.UpgradeAsync();
    await new RawConnection(stream, rooms).RunAsync(http.RequestAborted);
});

app.Run();
