using System.Net;
using System.Net.Sockets;

namespace Realtime.Tests.Documents;

/// <summary>Stands between a store and its server, and cuts a connection at its commit, or stands still.</summary>
internal sealed class CuttingProxy : IAsyncDisposable
{
    private readonly string _server;
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _accepting;
    private volatile TaskCompletionSource? _standstill;
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

    /// <summary>Lets nothing through until it is thawed, like a process that was stopped.</summary>
    public void Freeze() => _standstill = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Goes on with everything that was sent meanwhile.</summary>
    public void Thaw()
    {
        _standstill?.TrySetResult();
        _standstill = null;
    }

    public async ValueTask DisposeAsync()
    {
        Thaw();
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

                if (_standstill is { } standstill)
                {
                    await standstill.Task;
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
