using System.Buffers.Binary;
using System.Net.Sockets;
using System.Text;

namespace Realtime.Tests.Infrastructure;

/// <summary>
/// A TCP connection that reads only when it is told to and answers no ping: the slow, the dead and the rude client.
/// </summary>
internal sealed class RawConnection : IAsyncDisposable
{
    private const int SmallWindow = 4096;
    private const int SidLength = 36;

    private readonly TcpClient _client;
    private readonly NetworkStream _stream;

    private RawConnection(TcpClient client)
    {
        _client = client;
        _stream = client.GetStream();
    }

    /// <summary>Opens a stream and reads its <c>init</c>.</summary>
    public static async Task<(RawConnection Connection, string Sid)> OpenStreamAsync(TestDatabase database, GatewayProcess gateway)
    {
        var connection = await OpenAsync(gateway);
        await connection.SendAsync($"GET /sse/connect?sbpk={database.PublicKey} HTTP/1.1\r\nHost: {gateway.Address.Authority}\r\n\r\n");
        const string Start = "data: {\"sid\":\"";
        var text = await connection.ReadUntilAsync(Start, SidLength);
        return (connection, text.Substring(text.IndexOf(Start, StringComparison.Ordinal) + Start.Length, SidLength));
    }

    /// <summary>Opens a WebSocket and reads its <c>init</c>.</summary>
    public static async Task<(RawConnection Connection, string Sid)> OpenWebSocketWithSidAsync(GatewayProcess gateway)
    {
        var connection = await OpenAsync(gateway);
        await connection.SendAsync(
            $"GET /ws HTTP/1.1\r\nHost: {gateway.Address.Authority}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
            + "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n");
        const string Start = "{\"sid\":\"";
        var text = await connection.ReadUntilAsync(Start, SidLength);
        return (connection, text.Substring(text.IndexOf(Start, StringComparison.Ordinal) + Start.Length, SidLength));
    }

    /// <summary>Opens a WebSocket.</summary>
    public static async Task<RawConnection> OpenWebSocketAsync(GatewayProcess gateway) => (await OpenWebSocketWithSidAsync(gateway)).Connection;

    /// <summary>Opens a connection that has sent nothing.</summary>
    public static async Task<RawConnection> OpenAsync(GatewayProcess gateway)
    {
        var client = new TcpClient { ReceiveBufferSize = SmallWindow, NoDelay = true };
        await client.ConnectAsync(gateway.Address.Host, gateway.Address.Port).WaitAsync(Eventually.Bound);
        return new RawConnection(client);
    }

    /// <summary>Sends text.</summary>
    public Task SendAsync(string text) => SendAsync(Encoding.UTF8.GetBytes(text));

    /// <summary>Sends bytes.</summary>
    public async Task SendAsync(byte[] bytes) => await _stream.WriteAsync(bytes).AsTask().WaitAsync(Eventually.Bound);

    /// <summary>Sends a WebSocket frame, masked with zeros.</summary>
    /// <param name="firstByte">FIN and opcode.</param>
    /// <param name="payload">The payload.</param>
    public async Task SendFrameAsync(byte firstByte, byte[] payload)
    {
        var header = new byte[14];
        header[0] = firstByte;
        header[1] = 0x80 | 127;
        BinaryPrimitives.WriteInt64BigEndian(header.AsSpan(2), payload.Length);
        await SendAsync([.. header, .. payload]);
    }

    /// <summary>Reads until the server has ended the connection, and returns what came.</summary>
    public async Task<byte[]> ReadToEndAsync()
    {
        using var all = new MemoryStream();
        try
        {
            await _stream.CopyToAsync(all).WaitAsync(Eventually.Bound);
        }
        catch (IOException)
        {
            // Cut off without ceremony is an end, too.
        }

        return all.ToArray();
    }

    /// <summary>Reads until a text has come, and returns everything up to there.</summary>
    public async Task<byte[]> ReadUntilAsync(string text) => Encoding.Latin1.GetBytes(await ReadUntilAsync(text, 0));

    public ValueTask DisposeAsync()
    {
        _client.Dispose();
        return ValueTask.CompletedTask;
    }

    private async Task<string> ReadUntilAsync(string text, int andThen)
    {
        var buffer = new byte[SmallWindow];
        var read = new StringBuilder();
        while (true)
        {
            var count = await _stream.ReadAsync(buffer).AsTask().WaitAsync(Eventually.Bound);
            Assert.True(count > 0, $"the connection ended before {text}: {read}");
            read.Append(Encoding.Latin1.GetString(buffer, 0, count));
            var found = read.ToString();
            if (found.IndexOf(text, StringComparison.Ordinal) is var start and >= 0 && found.Length >= start + text.Length + andThen)
            {
                return found;
            }
        }
    }
}
