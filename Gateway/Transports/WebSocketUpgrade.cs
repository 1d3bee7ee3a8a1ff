using System.Diagnostics.CodeAnalysis;
using System.IO.Pipelines;
using System.Net.WebSockets;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http.Features;
using Realtime.Gateway.Telemetry;

namespace Realtime.Gateway.Transports;

/// <summary>
/// Upgrades a request so that its WebSocket can be written to by two: the library, which also makes the handshake and reads,
/// and the writer of the connection's messages, which writes as many at once as there are.
/// </summary>
/// <remarks>Over HTTP/1.1 (RFC 6455) and HTTP/2 (RFC 8441).</remarks>
internal sealed class WebSocketUpgrade : IHttpUpgradeFeature, IHttpExtendedConnectFeature
{
    private readonly GatewayMetrics _metrics;
    private readonly IHttpUpgradeFeature? _upgrade;
    private readonly IHttpExtendedConnectFeature? _connect;
    private readonly IConnectionTransportFeature? _transport;

    private WebSocketWriter? _writer;

    private WebSocketUpgrade(HttpContext http, GatewayMetrics metrics)
    {
        _metrics = metrics;
        _upgrade = http.Features.Get<IHttpUpgradeFeature>();
        _connect = http.Features.Get<IHttpExtendedConnectFeature>();
        _transport = http.Features.Get<IConnectionTransportFeature>();
    }

    /// <inheritdoc/>
    public bool IsUpgradableRequest => _upgrade?.IsUpgradableRequest == true;

    /// <inheritdoc/>
    [MemberNotNullWhen(true, nameof(Protocol))]
    public bool IsExtendedConnect => _connect?.IsExtendedConnect == true;

    /// <inheritdoc/>
    public string? Protocol => _connect?.Protocol;

    /// <summary>Takes the place of the server's own upgrade. Call before the library looks at the request.</summary>
    public static void Prepare(HttpContext http, GatewayMetrics metrics)
    {
        var upgrade = new WebSocketUpgrade(http, metrics);
        http.Features.Set(upgrade);
        if (upgrade._upgrade is not null)
        {
            http.Features.Set<IHttpUpgradeFeature>(upgrade);
        }

        if (upgrade._connect is not null)
        {
            http.Features.Set<IHttpExtendedConnectFeature>(upgrade);
        }
    }

    /// <summary>Accepts a WebSocket.</summary>
    public static async Task<AcceptedWebSocket> AcceptAsync(HttpContext http, WebSocketAcceptContext options)
    {
        var socket = await http.WebSockets.AcceptWebSocketAsync(options);
        return new AcceptedWebSocket(socket, http.Features.GetRequiredFeature<WebSocketUpgrade>()._writer!, http.Abort);
    }

    /// <inheritdoc/>
    /// <remarks>
    /// The server writes nothing more to the connection until the request ends, so its pipe is ours. What the stream would do for
    /// each message (a copy, a lock, a look at the response's state) is nothing to a WebSocket. Nor does the server's smallest rate of reading
    /// responses apply: a peer that reads too slowly fills its outbox, whose bound ends it.
    /// </remarks>
    public async Task<Stream> UpgradeAsync()
    {
        var stream = await _upgrade!.UpgradeAsync();
        return Share(stream, _transport?.Transport.Output ?? new StreamOutput(stream));
    }

    /// <inheritdoc/>
    public async ValueTask<Stream> AcceptAsync()
    {
        // One of many streams of its connection.
        var stream = await _connect!.AcceptAsync();
        return Share(stream, new StreamOutput(stream));
    }

    private SharedStream Share(Stream stream, PipeWriter output)
    {
        _writer = new WebSocketWriter(output, _metrics);
        return new SharedStream(stream, _writer);
    }
}

/// <summary>A WebSocket, and what else its connection needs.</summary>
/// <param name="Socket">Reads, and ends the connection.</param>
/// <param name="Writer">Writes messages.</param>
/// <param name="Abort">Cuts the network connection.</param>
internal readonly record struct AcceptedWebSocket(WebSocket Socket, WebSocketWriter Writer, Action Abort) : IAsyncDisposable
{
    /// <summary>Completes when nobody writes to the connection any more: whatever happened, it is the server's again then.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Socket.State is not WebSocketState.Closed)
        {
            // Also ends a write that waits for the peer.
            Abort();
        }

        Socket.Dispose();
        await Writer.DetachAsync();
    }
}
