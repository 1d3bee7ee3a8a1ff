using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;

namespace Realtime.Tests.Cluster;

/// <summary>
/// Ports for processes that must be told theirs. They lie below those that Linux gives to outgoing connections, so that
/// no client takes one between the choice and its use, or while its process is being restarted.
/// </summary>
internal static class FreePorts
{
    private const int First = 12_000;
    private const int End = 32_000;

    private static readonly ConcurrentDictionary<int, bool> Given = new();

    /// <summary>A port that is free on the loopback interface and that this test run hasn't given before.</summary>
    public static int Next() => NextRow(1);

    /// <summary>The first of several such ports in a row.</summary>
    public static int NextRow(int count)
    {
        while (true)
        {
            var first = Random.Shared.Next(First, End - count);
            if (Enumerable.Range(first, count).All(static port => Given.TryAdd(port, true) && IsFree(port)))
            {
                return first;
            }
        }
    }

    private static bool IsFree(int port)
    {
        using var listener = new TcpListener(IPAddress.Loopback, port);
        try
        {
            listener.Start();
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
