using System.Collections.Concurrent;
using System.ComponentModel;
using System.Net;
using Realtime.Benchmarks.Load.Dialects;
using Realtime.Benchmarks.Load.Measures;
using Realtime.Benchmarks.Load.Sockets;

namespace Realtime.Benchmarks.Load.Clients;

/// <summary>The event loop of all clients. Everything happens on the thread that calls it.</summary>
internal sealed partial class Reactor(Tally tally) : IDisposable
{
    // How soon what other threads have posted is seen.
    private static readonly long PostedWait = Clock.Ticks(TimeSpan.FromMilliseconds(5));

    private readonly Poller _poller = new();
    private readonly List<Client> _clients = [];
    private readonly List<Client> _dirty = [];
    private readonly ConcurrentQueue<Action> _posted = new();

    /// <summary>All clients, by number.</summary>
    public IReadOnlyList<Client> Clients => _clients;

    /// <summary>How many are ready.</summary>
    public int Ready { get; private set; }

    /// <summary>How many are ready or have ended.</summary>
    public int Settled { get; private set; }

    /// <summary>Whether other threads may post something.</summary>
    public bool HasHelpers { get; set; }

    /// <summary>Why connections have ended, if they have.</summary>
    public string? FirstEnd { get; private set; }

    /// <summary>Called when a client gets what it has published itself, if set.</summary>
    public Action<Client>? OwnDelivery { get; set; }

    /// <summary>Makes a client; it isn't connected yet.</summary>
    public Client Create(Dialect dialect, ClientRole role, int publishers)
    {
        var client = new Client(_clients.Count, dialect, role, publishers) { State = ClientState.Closed };
        _clients.Add(client);
        return client;
    }

    /// <summary>Begins to connect a client.</summary>
    public void Open(Client client)
    {
        client.State = ClientState.Connecting;
        client.Started = Clock.Now;
        try
        {
            client.Socket = TcpSocket.Connect(IPAddress.Loopback, client.Role.Address.Port);
        }
        catch (Win32Exception exception)
        {
            Lose(client, exception.Message, isOpen: false);
            return;
        }

        _poller.Watch(client.Socket.Handle, client.Id, Poller.Writable);
    }

    /// <summary>The client has what it is there for.</summary>
    public void SetReady(Client client)
    {
        client.State = ClientState.Ready;
        client.Readied = Clock.Now;
        Ready++;
        Settled++;
    }

    /// <summary>Sends with this round's other bytes for that client.</summary>
    public void Send(Client client, ReadOnlySpan<byte> bytes)
    {
        client.Write(bytes);
        if (!client.IsDirty)
        {
            client.IsDirty = true;
            _dirty.Add(client);
        }
    }

    /// <summary>Counts a refusal that the server has told.</summary>
    public void CountError(string text)
    {
        FirstEnd ??= text;
        tally.Errors++;
    }

    /// <summary>Has something done by the loop's thread.</summary>
    public void Post(Action action) => _posted.Enqueue(action);

    /// <summary>Ends a client for a reason that counts.</summary>
    public void Lose(Client client, string why, bool isOpen = true)
    {
        if (client.State == ClientState.Closed)
        {
            return;
        }

        FirstEnd ??= $"client {client.Id} while {client.State}: {why}";
        tally.Ended++;
        Settled += client.State == ClientState.Ready ? 0 : 1;
        Ready -= client.State == ClientState.Ready ? 1 : 0;
        client.State = ClientState.Closed;
        if (isOpen)
        {
            client.Socket.Close();
        }
    }

    /// <summary>Sends what waits, and reads what comes until the time, or earlier.</summary>
    /// <param name="until">In ticks of the clock.</param>
    public void Poll(long until)
    {
        Flush();
        var timeout = until - Clock.Now;
        var found = _poller.Wait(HasHelpers ? Math.Min(timeout, PostedWait) : timeout);
        for (var i = 0; i < found; i++)
        {
            var (id, events) = _poller[i];
            var client = _clients[id];
            if ((events & Poller.Writable) != 0 && client.State != ClientState.Closed)
            {
                Continue(client);
            }

            if ((events & ~Poller.Writable) != 0 && client.State is not (ClientState.Closed or ClientState.Connecting))
            {
                Read(client);
            }
        }

        while (_posted.TryDequeue(out var action))
        {
            action();
        }

        Flush();
    }

    /// <summary>Polls until something is so.</summary>
    /// <returns>False if it took too long.</returns>
    public bool PollUntil(Func<bool> isSo, TimeSpan limit)
    {
        var end = Clock.Now + Clock.Ticks(limit);
        var step = Clock.Ticks(TimeSpan.FromMilliseconds(20));
        while (!isSo())
        {
            var now = Clock.Now;
            if (now >= end)
            {
                return false;
            }

            Poll(Math.Min(end, now + step));
        }

        return true;
    }

    /// <summary>Polls for a time.</summary>
    public void PollFor(TimeSpan time) => PollUntil(static () => false, time);

    public void Dispose()
    {
        foreach (var client in _clients)
        {
            if (client.State != ClientState.Closed)
            {
                client.State = ClientState.Closed;
                client.Socket.Close();
            }
        }

        _poller.Dispose();
    }

    private void Flush()
    {
        foreach (var client in _dirty)
        {
            client.IsDirty = false;
            if (client.State is not (ClientState.Closed or ClientState.Connecting) && !client.AwaitsRoom)
            {
                SendOut(client);
            }
        }

        _dirty.Clear();
    }

    private void SendOut(Client client)
    {
        if (!client.TrySend())
        {
            Lose(client, "lost while sending");
        }
        else if (client.HasOutput != client.AwaitsRoom)
        {
            client.AwaitsRoom = client.HasOutput;
            _poller.Rewatch(client.Socket.Handle, client.Id, Poller.Readable | (client.AwaitsRoom ? Poller.Writable : 0));
        }
    }

    private void Continue(Client client)
    {
        if (client.State != ClientState.Connecting)
        {
            SendOut(client);
            return;
        }

        if (client.Socket.GetError() is var error and not 0)
        {
            Lose(client, new Win32Exception(error).Message);
            return;
        }

        _poller.Rewatch(client.Socket.Handle, client.Id, Poller.Readable);
        if (client.Dialect.Kind == StreamKind.Answers)
        {
            SetReady(client);
            return;
        }

        client.State = ClientState.Upgrading;
        Send(client, client.Dialect.GetRequest(client));
    }
}
