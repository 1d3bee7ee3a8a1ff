using System.Net;
using System.Net.Sockets;

namespace Realtime.Tests.Documents;

/// <summary>Stands between a store and its server, and cuts one connection at its commit.</summary>
internal sealed class CuttingProxy : IAsyncDisposable
{
    private readonly string _server;
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _accepting;
    private int _cut;

    public CuttingProxy(string server)
    {
        _server = server;
        _listener.Start();
        _accepting = AcceptAsync();
    }

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    /// <summary>Cuts the next connection that commits, before the server hears of it or before its answer gets through.</summary>
    public void CutNextCommit(bool beforeServer) => _cut = beforeServer ? 1 : 2;

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Dispose();
        await _accepting;
        _stop.Dispose();
    }

    private async Task AcceptAsync()
    {
        var relays = new List<Task>();
        try
        {
            while (true)
            {
                relays.Add(RelayAsync(await _listener.AcceptSocketAsync(_stop.Token)));
            }
        }
        catch (OperationCanceledException)
        {
            // The test is over.
        }

        await Task.WhenAll(relays);
    }

    private async Task RelayAsync(Socket client)
    {
        using (client)
        using (var server = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified))
        {
            await server.ConnectAsync(new UnixDomainSocketEndPoint(_server));
            using var end = CancellationTokenSource.CreateLinkedTokenSource(_stop.Token);
            await Task.WhenAll(PumpAsync(client, server, 1, end), PumpAsync(server, client, 2, end));
        }
    }

    private async Task PumpAsync(Socket from, Socket to, int cutting, CancellationTokenSource end)
    {
        var buffer = new byte[64 * 1024];
        try
        {
            while (await from.ReceiveAsync(buffer, end.Token) is > 0 and var count)
            {
                if (_cut == cutting && buffer.AsSpan(0, count).IndexOf("COMMIT\0"u8) >= 0)
                {
                    _cut = 0;
                    break;
                }

                await to.SendAsync(buffer.AsMemory(0, count), end.Token);
            }
        }
        catch (Exception error) when (error is OperationCanceledException or SocketException)
        {
            // The other direction has ended.
        }

        await end.CancelAsync();
    }
}
