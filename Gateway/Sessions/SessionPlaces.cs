using Microsoft.Extensions.Options;
using Realtime.Gateway.Connections;
using Realtime.Sessions;

namespace Realtime.Gateway.Sessions;

/// <summary>
/// Tells a connection's grain where the connection is, so that every gateway can find it. Where this process is all there is
/// nobody else could ask, and nothing is told: a grain for each connection would be most of what the connection costs.
/// </summary>
internal sealed class SessionPlaces(IGrainFactory grains, GatewayIdentity gateway, IOptions<RealtimeOptions> options)
{
    private readonly bool _isOnlyPlace = options.Value.HasOneProcess;

    /// <summary>States that a connection is here.</summary>
    public ValueTask OpenAsync(Connection connection) =>
        _isOnlyPlace ? ValueTask.CompletedTask : Grain(connection.Sid).OpenAsync(gateway.Id, gateway.Observer);

    /// <summary>States that a connection is nowhere any more.</summary>
    public ValueTask CloseAsync(Guid sid) => _isOnlyPlace ? ValueTask.CompletedTask : Grain(sid).CloseAsync();

    /// <summary>States that a session has ended, unless another gateway has taken it over since.</summary>
    public ValueTask EndAsync(Guid sid, long generation) => _isOnlyPlace ? ValueTask.CompletedTask : Grain(sid).EndAsync(generation);

    /// <summary>Has a command run wherever its connection is, which isn't here.</summary>
    public ValueTask<PostOutcome> PostAsync(Guid sid, SessionPost post) =>
        _isOnlyPlace ? new(PostOutcome.UnknownSession) : Grain(sid).PostAsync(post);

    /// <summary>Has a session given to this gateway, at which its client has come back. There must be other places.</summary>
    public ValueTask<SessionRecord?> TakeAsync(Guid sid) => Grain(sid).TakeAsync(gateway.Id, gateway.Observer);

    /// <summary>Has a reply sent wherever a session is, which isn't here.</summary>
    /// <returns>False if it is nowhere.</returns>
    public ValueTask<bool> ReplyAsync(Guid sid, long generation, ReadOnlyMemory<byte> reply) =>
        _isOnlyPlace ? new(false) : Grain(sid).ReplyAsync(generation, reply);

    private ISessionGrain Grain(Guid sid) => grains.GetGrain<ISessionGrain>(sid);
}
