using Realtime.Gateway.Connections;
using Realtime.Gateway.Protocol;

namespace Realtime.Gateway.Sessions;

/// <summary>
/// Replies to commands that had taken so long that their session was given away before: they are sent to wherever it is now.
/// </summary>
internal sealed partial class LateReplies(
    ConnectionRegistry registry, AbsentSessions absents, SessionArrivals arrivals, SessionPlaces places, ILogger<LateReplies> logger)
{
    /// <summary>Leads a reply of a session that isn't here any more, or goes on here as another connection. It never fails.</summary>
    public async Task SendAsync(ResumableSession session, OutboundMessage reply)
    {
        var sid = session.Sid;
        try
        {
            if (!await TryTakeAsync(sid, reply.Json) && !await places.ReplyAsync(sid, session.Generation, reply.Json))
            {
                LogNotSent(null, sid);
            }
        }
        catch (Exception exception)
        {
            LogNotSent(exception, sid);
        }
    }

    /// <summary>Sends a reply to a session of this gateway.</summary>
    /// <returns>False if it isn't here.</returns>
    public async ValueTask<bool> TryTakeAsync(Guid sid, ReadOnlyMemory<byte> reply)
    {
        await arrivals.WaitAsync(sid);
        if ((!registry.TryGet(sid, out var connection) && !absents.TryGet(sid, out connection)) || connection.Session is not { IsOver: false })
        {
            return false;
        }

        connection.Send(OutboundMessage.WithSidSlot(reply));
        return true;
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "A reply to session {ConnectionId} came after the session had been given away, and is lost")]
    private partial void LogNotSent(Exception? exception, Guid connectionId);
}
