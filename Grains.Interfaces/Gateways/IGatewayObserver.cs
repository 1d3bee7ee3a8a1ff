using Realtime.Sessions;

namespace Realtime.Gateways;

/// <summary>What the cluster may ask of one gateway process directly, beside its inbox stream.</summary>
[Alias("realtime.IGatewayObserver")]
public interface IGatewayObserver : IGrainObserver
{
    /// <summary>Runs a command on a connection of this gateway, for a POST that arrived elsewhere.</summary>
    /// <param name="connection">The sid.</param>
    /// <param name="post">The command and the proof that its sender may use the connection.</param>
    [Alias("Post")]
    Task<PostOutcome> PostAsync(Guid connection, SessionPost post);

    /// <summary>A user was removed or changed: its live connections must look at it again, within a second.</summary>
    /// <param name="database">Public key.</param>
    /// <param name="userId">The user.</param>
    [Alias("IdentityChanged")]
    Task IdentityChangedAsync(string database, string userId);

    /// <summary>A database ceased to exist: its connections end.</summary>
    /// <param name="database">Public key.</param>
    [Alias("DatabaseRemoved")]
    Task DatabaseRemovedAsync(string database);

    /// <summary>
    /// How many connection slots of a tenant this gateway holds, asked by a quota grain that has lost its memory. Slots
    /// that a call under way asks for count too: the lost grain may have granted them.
    /// </summary>
    /// <param name="tenantId">The tenant.</param>
    [Alias("CountSlots")]
    Task<int> CountSlotsAsync(string tenantId);
}
