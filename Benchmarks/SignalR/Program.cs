using Realtime.Benchmarks.SignalR;

// The peer: groups over WebSocket with the JSON protocol, as its documentation has them. With --Redis or Redis=… the
// processes that name the same server form one backplane.
var builder = WebApplication.CreateBuilder(args);
builder.Logging.ClearProviders();

// The load tool's clients don't ping.
var signalR = builder.Services.AddSignalR(static hub => hub.ClientTimeoutInterval = TimeSpan.FromHours(1));
if (builder.Configuration["Redis"] is { Length: > 0 } redis)
{
    signalR.AddStackExchangeRedis(redis);
}

var app = builder.Build();
app.MapGet("/health/ready", static () => "ready");
app.MapHub<ChannelHub>("/hub");
app.Run();
