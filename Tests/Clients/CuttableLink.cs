using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;

namespace Realtime.Tests.Clients;

/// <summary>A network between a client and a gateway that can fail: it forwards bytes until it is cut.</summary>
internal sealed class CuttableLink : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly ConcurrentDictionary<Socket, byte> _open = new();
    private readonly Func<Uri> _target;
    private readonly Task _accepting;
    private volatile bool _isDown;

    /// <summary>Listens on a free port.</summary>
    /// <param name="target">Where connections lead to.</param>
    public CuttableLink(Uri target)
        : this(() => target)
    {
    }

    /// <summary>Listens on a free port, as an ingress does.</summary>
    /// <param name="target">Chooses where each connection leads to.</param>
    public CuttableLink(Func<Uri> target)
    {
        _target = target;
        _listener.Start();
        Url = $"http://{_listener.LocalEndpoint}";
        _accepting = AcceptAsync();
    }

    /// <summary>The gateway's address as seen through this link.</summary>
    public string Url { get; }

    /// <summary>Ends every connection, and every new one at once.</summary>
    public void Down()
    {
        _isDown = true;
        Cut();
    }

    /// <summary>Forwards again.</summary>
    public void Up() => _isDown = false;

    /// <summary>Ends every connection without a farewell; new ones are forwarded again.</summary>
    public void Cut()
    {
        foreach (var end in _open.Keys)
        {
            // A reset, as when a network has gone away; a proper end would be a different case.
            end.Close(0);
        }
    }

    public async ValueTask DisposeAsync()
    {
        _listener.Stop();
        Cut();
        await _accepting;
    }

    private async Task AcceptAsync()
    {
        var links = new List<Task>();
        try
        {
            while (true)
            {
                links.Add(ForwardAsync(await _listener.AcceptSocketAsync()));
            }
        }
        catch (Exception exception) when (exception is SocketException or ObjectDisposedException)
        {
            // Stopped: nothing more is accepted.
        }

        await Task.WhenAll(links);
    }

    private async Task ForwardAsync(Socket near)
    {
        using var far = new Socket(SocketType.Stream, ProtocolType.Tcp);
        _open[near] = _open[far] = 0;
        try
        {
            if (_isDown)
            {
                near.Close(0);
                return;
            }

            var target = _target();
            await far.ConnectAsync(target.Host, target.Port);
            using var nearStream = new NetworkStream(near);
            using var farStream = new NetworkStream(far);
            await Task.WhenAny(nearStream.CopyToAsync(farStream), farStream.CopyToAsync(nearStream));
        }
        catch (Exception exception) when (exception is IOException or SocketException or ObjectDisposedException)
        {
            // Cut, or one side has ended.
        }
        finally
        {
            _open.TryRemove(near, out _);
            _open.TryRemove(far, out _);
            near.Dispose();
        }
    }
}
