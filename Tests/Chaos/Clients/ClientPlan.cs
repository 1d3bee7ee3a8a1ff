using Realtime.Tests.Chaos.Backend;
using Realtime.Tests.Infrastructure;

namespace Realtime.Tests.Chaos.Clients;

/// <summary>What one client does for the whole run.</summary>
internal sealed record ClientPlan
{
    /// <summary>Its name in the timeline.</summary>
    public required string Name { get; init; }

    /// <summary>Where it belongs.</summary>
    public required ChaosDatabase Database { get; init; }

    /// <summary>As whom.</summary>
    public required ChaosUser User { get; init; }

    /// <summary>How it connects.</summary>
    public required Transport Transport { get; init; }

    /// <summary>Whether a WebSocket names its database in the address, and so asks for its slot before the upgrade.</summary>
    public bool NamesItsKey { get; init; }

    /// <summary>Whether it goes on with its session when its stream is lost (protocol 1.9); others begin anew.</summary>
    public bool ComesBack { get; init; }

    /// <summary>Whether it comes back when its gateway stands still, and not only when its stream has ended.</summary>
    public bool NoticesSilence { get; init; }

    /// <summary>The gateway it goes to when that is ready.</summary>
    public required int Gateway { get; init; }

    /// <summary>Channels, those of repositories with their prefix.</summary>
    public required string[] Channels { get; init; }

    /// <summary>The channel it sends in; null if it only listens. It need not be a member.</summary>
    public string? SendsIn { get; init; }

    /// <summary>Mean time between two messages.</summary>
    public TimeSpan Pause { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>Whether its tenant has more clients than slots, so that a refusal is to be expected.</summary>
    public bool MayBeRefused { get; init; }

    /// <summary>Where its own choices come from.</summary>
    public required int Seed { get; init; }
}
