using System.Collections.Immutable;

namespace Realtime.Gateways;

/// <summary>
/// Knows which gateway processes exist. Orleans clients aren't in the membership of the cluster, so each gateway
/// registers here and renews its lease. There is one such grain: key <see cref="Key"/>.
/// </summary>
[Alias("realtime.IGatewayDirectoryGrain")]
public interface IGatewayDirectoryGrain : IGrainWithIntegerKey
{
    /// <summary>The key of the one instance.</summary>
    const long Key = 0;

    /// <summary>Registers a gateway, or renews its lease of 15 s.</summary>
    /// <param name="gateway">Id of the gateway, unique per process start.</param>
    /// <param name="observer">Where to reach it.</param>
    /// <returns>
    /// False if the gateway wasn't registered just before: it is new, its lease had lapsed, or it could not be told
    /// something. Whatever grains knew of it may be forgotten, and it must state everything again.
    /// </returns>
    [Repeatable, Alias("Register")]
    ValueTask<bool> RegisterAsync(string gateway, IGatewayObserver observer);

    /// <summary>Forgets all gateways, when a process that hosts the only gateway starts.</summary>
    [Alias("Clear")]
    ValueTask ClearAsync();

    /// <summary>Takes a gateway off that stops in order.</summary>
    /// <param name="gateway">Id of the gateway.</param>
    [Repeatable, Alias("Unregister")]
    ValueTask UnregisterAsync(string gateway);

    /// <summary>The gateways whose lease runs.</summary>
    [Repeatable, Alias("GetLive")]
    ValueTask<ImmutableArray<GatewayRegistration>> GetLiveAsync();

    /// <summary>
    /// The gateways whose lease runs, and those whose lease has run out within the last minute: one of these may live and only have been
    /// unable to renew it, because its way to here led through a silo that was lost.
    /// </summary>
    [Repeatable, Alias("GetKnown")]
    ValueTask<ImmutableArray<KnownGateway>> GetKnownAsync();

    /// <summary>Tells every live gateway that a user changed. Returns when each has answered or its answer is overdue (1 s).</summary>
    /// <param name="database">Public key.</param>
    /// <param name="userId">The user.</param>
    [Repeatable, Alias("BroadcastIdentityChanged")]
    ValueTask BroadcastIdentityChangedAsync(string database, string userId);

    /// <summary>Tells every live gateway that a database is gone. Returns like <see cref="BroadcastIdentityChangedAsync"/>.</summary>
    /// <param name="database">Public key.</param>
    [Repeatable, Alias("BroadcastDatabaseRemoved")]
    ValueTask BroadcastDatabaseRemovedAsync(string database);
}

/// <summary>One live gateway.</summary>
/// <param name="Gateway">Id of the gateway.</param>
/// <param name="Observer">Where to reach it.</param>
[GenerateSerializer, Immutable, Alias("realtime.GatewayRegistration")]
public sealed record GatewayRegistration(string Gateway, IGatewayObserver Observer);

/// <summary>A gateway that is or was live.</summary>
/// <param name="Registration">The gateway.</param>
/// <param name="IsLive">Whether its lease runs.</param>
[GenerateSerializer, Immutable, Alias("realtime.KnownGateway")]
public readonly record struct KnownGateway(GatewayRegistration Registration, bool IsLive);
