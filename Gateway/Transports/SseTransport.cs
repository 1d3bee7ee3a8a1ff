using System.Buffers;
using System.Globalization;
using System.Text;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;
using Realtime.Gateway.Connections;
using Realtime.Gateway.Sessions;
using Realtime.Gateway.Telemetry;

namespace Realtime.Gateway.Transports;

/// <summary>Carries a connection's messages as Server-Sent Events (protocol 1.5).</summary>
internal static class SseTransport
{
    private const int MinRetryMilliseconds = 2000;
    private const int MaxRetryMilliseconds = 5000;

    private static readonly TimeSpan FarewellTime = TimeSpan.FromSeconds(2);

    /// <summary>Begins the response and tells the client when to come back after the stream has ended.</summary>
    public static async Task BeginAsync(HttpContext http)
    {
        http.Features.Get<IHttpResponseBodyFeature>()?.DisableBuffering();
        if (http.Features.Get<IHttpMinResponseDataRateFeature>() is { } rate)
        {
            // How long a slow reader is put up with is for the outbox to say.
            rate.MinDataRate = null;
        }

        var headers = http.Response.Headers;
        headers.ContentType = "text/event-stream";
        headers.CacheControl = "no-cache";
        headers["X-Accel-Buffering"] = "no";

        // Random, so that a restart of the server isn't followed by all clients at once.
        var retry = Random.Shared.Next(MinRetryMilliseconds, MaxRetryMilliseconds + 1);
        http.Response.BodyWriter.Write(Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"retry: {retry}\n\n")));
        await http.Response.BodyWriter.FlushAsync(http.RequestAborted);
    }

    /// <summary>Writes until the connection ends or the client leaves.</summary>
    /// <param name="http">The request.</param>
    /// <param name="connection">The connection.</param>
    /// <param name="cursor">What the client has got; null if it can't come back.</param>
    /// <param name="metrics">Counts what is sent.</param>
    public static async Task RunAsync(HttpContext http, Connection connection, SessionCursor? cursor, GatewayMetrics metrics)
    {
        var writer = new SseWriter(ChunkedOutput.For(http), metrics);
        writer.Attach(connection, cursor);
        using (http.RequestAborted.UnsafeRegister(static state => ((Connection)state!).Abort(), connection))
        {
            await connection.Ended;
        }

        // Who takes nothing must not hold its slot; others get what still waits.
        var patience = connection.EndReason == EndReason.SlowReader ? TimeSpan.Zero : FarewellTime;
        try
        {
            if (!await writer.FinishAsync(patience, connection.Aborted))
            {
                http.Abort();
            }
        }
        finally
        {
            await writer.DetachAsync();
        }
    }
}
