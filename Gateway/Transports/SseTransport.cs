using System.Buffers;
using System.Globalization;
using System.IO.Pipelines;
using System.Text;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;
using Realtime.Gateway.Connections;
using Realtime.Gateway.Protocol;
using Realtime.Gateway.Sessions;
using Realtime.Gateway.Telemetry;

namespace Realtime.Gateway.Transports;

/// <summary>
/// Writes a connection's messages as Server-Sent Events (protocol 1.5): each is <c>id: …</c>, <c>data: {json}</c> and a blank
/// line; a heartbeat is a comment, with an id if there is a new one.
/// </summary>
internal static class SseTransport
{
    private const int MinRetryMilliseconds = 2000;
    private const int MaxRetryMilliseconds = 5000;

    private static readonly TimeSpan FarewellTime = TimeSpan.FromSeconds(2);

    // What waits is written together, but not more than this before the socket is given a chance.
    private const int FlushBytes = 64 * 1024;

    private static ReadOnlySpan<byte> IdPrefix => "id: "u8;

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
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(http.RequestAborted, connection.Aborted);
        var writing = WriteAsync(http.Response.BodyWriter, connection, cursor, metrics, ended.Token);
        await Task.WhenAny(writing, connection.Ended);
        if (connection.Ended.IsCompleted)
        {
            // Who takes nothing must not hold its slot; others get what still waits.
            ended.CancelAfter(connection.EndReason == EndReason.SlowReader ? TimeSpan.Zero : FarewellTime);
        }

        try
        {
            await writing;
        }
        catch (OperationCanceledException) when (ended.IsCancellationRequested)
        {
            // The client has left, or is cut off; either way nobody reads on.
        }

        if (ended.IsCancellationRequested)
        {
            http.Abort();
        }
    }

    private static async Task WriteAsync(
        PipeWriter writer, Connection connection, SessionCursor? cursor, GatewayMetrics metrics, CancellationToken ended)
    {
        while (await connection.Outbox.WaitAsync(ended))
        {
            var (messages, unflushed) = (0, 0);
            while (unflushed < FlushBytes && connection.Outbox.TryTake(out var item))
            {
                if (cursor is not null)
                {
                    await cursor.AdvanceAsync(item);
                    unflushed += WriteId(writer, cursor, item.Message);
                }

                unflushed += Write(writer, item.Message, connection.SidBytes.Span);
                messages += item.Message.IsHeartbeat ? 0 : 1;
            }

            metrics.Sent(TransportKind.ServerSentEvents, messages, unflushed);

            var result = await writer.FlushAsync(ended);
            if (result.IsCompleted)
            {
                return;
            }
        }
    }

    private static int WriteId(PipeWriter writer, SessionCursor cursor, OutboundMessage message)
    {
        if (message.IsHeartbeat && !cursor.HasNews)
        {
            return 0;
        }

        var line = writer.GetSpan(IdPrefix.Length + ResumeId.MaxLength + 1);
        IdPrefix.CopyTo(line);
        var length = IdPrefix.Length + cursor.Write(line[IdPrefix.Length..]);
        line[length++] = (byte)'\n';
        writer.Advance(length);
        return length;
    }

    private static int Write(PipeWriter writer, OutboundMessage message, ReadOnlySpan<byte> sid)
    {
        if (message.IsHeartbeat)
        {
            writer.Write(":\n\n"u8);
            return 3;
        }

        var json = message.Json.Span;
        writer.Write("data: "u8);
        if (message.HasSidSlot)
        {
            writer.Write(json[..OutboundMessage.SidOffset]);
            writer.Write(sid);
            json = json[(OutboundMessage.SidOffset + OutboundMessage.SidLength)..];
        }

        writer.Write(json);
        writer.Write("\n\n"u8);
        return message.Json.Length + 8;
    }
}
