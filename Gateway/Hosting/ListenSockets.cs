using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;

namespace Realtime.Gateway.Hosting;

/// <summary>Makes the sockets that clients connect to.</summary>
public static class ListenSockets
{
    private const int TcpProtocol = 6;
    private const int TcpUserTimeout = 18;
    private const int UserTimeoutMilliseconds = 20_000;

    /// <summary>
    /// Makes a listening socket whose accepted sockets give up on a peer that acknowledges nothing for 20 s, instead of
    /// Linux's quarter of an hour (protocol 1.5). Accepted sockets inherit the option.
    /// </summary>
    /// <param name="endpoint">Where to listen.</param>
    public static Socket Create(EndPoint endpoint)
    {
        var socket = SocketTransportOptions.CreateDefaultBoundListenSocket(endpoint);
        if (OperatingSystem.IsLinux() && endpoint is IPEndPoint)
        {
            socket.SetRawSocketOption(TcpProtocol, TcpUserTimeout, BitConverter.GetBytes(UserTimeoutMilliseconds));
        }

        return socket;
    }

    /// <summary>A port of the loopback interface that is free now.</summary>
    public static int FindFreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
