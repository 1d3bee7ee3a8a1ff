using Realtime.Benchmarks.Load.Dialects;
using Realtime.Benchmarks.Load.Measures;
using Realtime.Benchmarks.Load.Servers;

namespace Realtime.Benchmarks.Load.Clients;

/// <summary>All clients of a run.</summary>
internal sealed class Fleet : IDisposable
{
    // Kestrel lets 512 connections wait; beyond it the system would have clients try again a second later.
    private const int OpenTogether = 128;

    private static readonly TimeSpan OpenLimit = TimeSpan.FromMinutes(2);

    // Others in each fleet, so that nothing comes in that was sent to an earlier one.
    private readonly string _channelPrefix = $"bench-{Guid.NewGuid():N}-";
    private readonly List<Client> _opened = [];

    private Fleet(Tally tally)
    {
        Tally = tally;
        Reactor = new Reactor(tally);
    }

    /// <summary>Their event loop.</summary>
    public Reactor Reactor { get; }

    /// <summary>What they get.</summary>
    public Tally Tally { get; }

    /// <summary>Those who publish, channel after channel.</summary>
    public List<Client> Publishers { get; } = [];

    /// <summary>How long opening took, in milliseconds each.</summary>
    public LatencyHistogram OpenTimes { get; } = new();

    /// <summary>Clients made ready per second.</summary>
    public double OpenRate { get; private set; }

    /// <summary>Channels with members, of whom the first ones publish, or with publishers of their own.</summary>
    /// <param name="target">The server.</param>
    /// <param name="shape">How many of what.</param>
    /// <exception cref="LoadException">A client was refused.</exception>
    public static Fleet Open(Target target, FleetShape shape)
    {
        var fleet = new Fleet(new Tally());
        for (var channel = 0; channel < shape.Channels; channel++)
        {
            for (var member = 0; member < shape.Members; member++)
            {
                fleet.Add(target, target.Members, shape, channel, true, target.Publishers is null && member < shape.Publishers ? member : -1);
            }

            for (var slot = 0; target.Publishers is not null && slot < shape.Publishers; slot++)
            {
                fleet.Add(target, target.Publishers, shape, channel, false, slot);
            }
        }

        fleet.OpenAll();
        return fleet;
    }

    /// <summary>Members of one channel with credentials of their own, and others who write what they get.</summary>
    /// <param name="target">The server.</param>
    /// <param name="channel">Name of the channel.</param>
    /// <param name="credentials">Of the members.</param>
    /// <param name="writers">How the others talk.</param>
    /// <param name="writerCount">How many they are.</param>
    /// <param name="dataBytes">Length of what they write.</param>
    public static Fleet Open(Target target, string channel, IEnumerable<string> credentials, Dialect writers, int writerCount, int dataBytes)
    {
        var fleet = new Fleet(new Tally());
        foreach (var credential in credentials)
        {
            fleet.Add(target.Members, new ClientRole(fleet.NextAddress(target), 0, channel, true, -1, credential), writerCount);
        }

        for (var slot = 0; slot < writerCount; slot++)
        {
            fleet.AddPublisher(writers, new ClientRole(fleet.NextAddress(target), 0, channel, false, slot, ""), writerCount, dataBytes);
        }

        fleet.OpenAll();
        return fleet;
    }

    public void Dispose() => Reactor.Dispose();

    private void Add(Target target, Dialect dialect, FleetShape shape, int channel, bool isMember, int slot)
    {
        var role = new ClientRole(NextAddress(target), channel, $"{_channelPrefix}{channel}", isMember, slot, target.Credential);
        if (slot >= 0)
        {
            AddPublisher(dialect, role, shape.Publishers, shape.DataBytes);
        }
        else
        {
            Add(dialect, role, shape.Publishers);
        }
    }

    private void AddPublisher(Dialect dialect, ClientRole role, int publishers, int dataBytes)
    {
        var client = Add(dialect, role, publishers);
        client.Publication = dialect.Prepare(role, dataBytes);
        Publishers.Add(client);
    }

    private Uri NextAddress(Target target) => target.Addresses[_opened.Count % target.Addresses.Length];

    private Client Add(Dialect dialect, ClientRole role, int publishers)
    {
        Reactor.HasHelpers |= dialect.Kind == StreamKind.Events;
        var client = Reactor.Create(dialect, role, publishers);
        _opened.Add(client);
        return client;
    }

    private void OpenAll()
    {
        var begun = Clock.Now;
        var next = 0;
        var isDone = Reactor.PollUntil(
            () =>
            {
                while (next < _opened.Count && next - Reactor.Settled < OpenTogether)
                {
                    Reactor.Open(_opened[next++]);
                }

                return Reactor.Settled == _opened.Count || Tally.Ended > 0;
            },
            OpenLimit);
        OpenRate = _opened.Count / Clock.Time(Clock.Now - begun).TotalSeconds;
        Reactor.HasHelpers = false;
        if (!isDone || Reactor.Ready < _opened.Count)
        {
            var ready = Reactor.Ready;
            Dispose();
            throw new LoadException($"Only {ready} of {_opened.Count} clients could join: {Reactor.FirstEnd ?? "it took too long"}.");
        }

        foreach (var client in _opened)
        {
            OpenTimes.Add(Clock.Microseconds(client.Readied - client.Started));
        }
    }
}
