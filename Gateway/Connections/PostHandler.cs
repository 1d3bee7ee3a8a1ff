using Realtime.Gateway.Auth;
using Realtime.Gateway.Channels;
using Realtime.Gateway.Protocol;
using Realtime.Gateway.Sessions;
using Realtime.Gateway.Telemetry;
using Realtime.Sessions;

namespace Realtime.Gateway.Connections;

/// <summary>
/// Runs commands that came by <c>POST /sse/msg</c> on connections of this gateway, after checking that the sender may
/// use them: every member of a channel learns the sender's sid, so the sid alone proves nothing (protocol 1.5).
/// </summary>
internal sealed partial class PostHandler(
    ConnectionRegistry registry,
    AbsentSessions absents,
    SessionArrivals arrivals,
    CommandHandler commands,
    SessionTokens tokens,
    SessionPlaces places,
    GatewayMetrics metrics,
    ILogger<PostHandler> logger)
{
    private static readonly OutboundMessage TooManyRequests = MessageEncoder.Error(ErrorTexts.TooManyRequests);

    /// <summary>Takes a command for a connection wherever it is. One of this very gateway needs no detour.</summary>
    /// <param name="sid">The connection.</param>
    /// <param name="post">The command and its proof.</param>
    public async ValueTask<PostOutcome> TakeOrForwardAsync(Guid sid, SessionPost post)
    {
        var outcome = await TakeAsync(sid, post);
        return outcome == PostOutcome.UnknownSession ? await places.PostAsync(sid, post) : outcome;
    }

    /// <summary>Takes a command for a connection of this gateway. It runs after those that were taken before; nobody waits for its outcome here.</summary>
    /// <param name="sid">The connection.</param>
    /// <param name="post">The command and its proof.</param>
    public async ValueTask<PostOutcome> TakeAsync(Guid sid, SessionPost post)
    {
        if (await FindAsync(sid) is not { } connection || !MessageDecoder.TryDecode(post.Message, out var command))
        {
            return PostOutcome.UnknownSession;
        }

        var outcome = Check(connection, post);
        if (outcome != PostOutcome.Accepted)
        {
            return outcome;
        }

        if (connection.Database is null && !await IsAuthForAsync(post.Database, command))
        {
            return PostOutcome.UnknownSession;
        }

        if (!connection.TryQueueCommand(post.Message.Length))
        {
            metrics.CommandRefusedByQueue();
            connection.Send(TooManyRequests);
            return PostOutcome.Accepted;
        }

        _ = RunAsync(connection, command, post);
        return PostOutcome.Accepted;
    }

    private async ValueTask<Connection?> FindAsync(Guid sid)
    {
        // Whoever gives it away runs what is queued before, and hands on the rest.
        if (Get(sid) is { Session.IsOver: not true } here)
        {
            return here;
        }

        await arrivals.WaitAsync(sid);
        return Get(sid);
    }

    private Connection? Get(Guid sid) =>
        registry.TryGet(sid, out var connection) || absents.TryGet(sid, out connection) ? connection : null;

    private static PostOutcome Check(Connection connection, SessionPost post) =>
        (connection.EndReason is not null && connection.Session?.IsResumable != true) || (connection.Database is { } database && database != post.Database)
            ? PostOutcome.UnknownSession
            : connection.OwnerId is { } owner && !post.ProvenUserIds.Contains(owner)
                ? PostOutcome.NotOwner
                : PostOutcome.Accepted;

    private async Task RunAsync(Connection connection, ClientMessage command, SessionPost post)
    {
        var gathered = new GatheredPublications();
        try
        {
            // A session goes on without its stream.
            var ended = connection.Session is null ? connection.Aborted : CancellationToken.None;
            using var turn = await connection.EnterAsync(ended);

            if (connection.Session is { IsOver: true })
            {
                await HandOnAsync(connection.Sid, post);
            }
            else if (Check(connection, post) == PostOutcome.Accepted)
            {
                // Checked again, as an auth before it may have bound the connection meanwhile.
                await commands.HandleAsync(connection, command, gathered, ended);
                if (gathered.Any)
                {
                    // The answer doesn't wait until all members have been written to.
                    await Task.Yield();
                }
            }
        }
        catch (OperationCanceledException) when (connection.Aborted.IsCancellationRequested)
        {
            // Nobody is there to be answered.
        }
        finally
        {
            gathered.Publish();
            connection.LeaveQueue(post.Message.Length);
        }
    }

    /// <summary>The session was given away after its client had been told that the command is taken.</summary>
    private async ValueTask HandOnAsync(Guid sid, SessionPost post)
    {
        try
        {
            if (await TakeOrForwardAsync(sid, post) != PostOutcome.Accepted)
            {
                LogNotHandedOn(null, sid);
            }
        }
        catch (Exception exception)
        {
            LogNotHandedOn(exception, sid);
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "A command for session {ConnectionId} was lost while the session was given away")]
    private partial void LogNotHandedOn(Exception? exception, Guid connectionId);

    /// <summary>A WebSocket that named no key takes only <c>auth</c>, with a token of the POST's database (protocol 1.5).</summary>
    private async ValueTask<bool> IsAuthForAsync(string database, ClientMessage command) =>
        command.Kind == CommandKind.Auth
        && JsonStringToken.TryRead(command.Data, out var text)
        && await tokens.ReadAsync(text) is { } token
        && token.Database == database;
}
