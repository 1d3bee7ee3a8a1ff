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

    /// <summary>Members of one channel with credentials of their own.</summary>
    public static Fleet Open(Target target, string channel, IEnumerable<string> credentials, int publishers)
    {
        var fleet = new Fleet(new Tally());
        foreach (var credential in credentials)
        {
            var address = target.Addresses[fleet._opened.Count % target.Addresses.Length];
            fleet.Add(target.Members, new ClientRole(address, 0, channel, true, -1, credential), publishers);
        }

        fleet.OpenAll();
        return fleet;
    }

    public void Dispose() => Reactor.Dispose();

    private void Add(Target target, Dialect dialect, FleetShape shape, int channel, bool isMember, int slot)
    {
        var address = target.Addresses[_opened.Count % target.Addresses.Length];
        var role = new ClientRole(address, channel, $"{_channelPrefix}{channel}", isMember, slot, target.Credential);
        var client = Add(dialect, role, shape.Publishers);
        if (slot >= 0)
        {
            client.Publication = dialect.Prepare(role, shape.DataBytes);
            Publishers.Add(client);
        }
    }

    private Client Add(Dialect dialect, ClientRole role, int publishers)
    {
        Reactor.HasHelpers |= !dialect.IsWebSocket;
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
