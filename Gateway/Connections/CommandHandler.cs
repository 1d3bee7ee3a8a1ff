using Microsoft.Extensions.Options;
using Realtime.Channels;
using Realtime.Documents;
using Realtime.Gateway.Channels;
using Realtime.Gateway.Protocol;
using Realtime.Gateway.Sessions;
using Realtime.Gateway.Telemetry;

namespace Realtime.Gateway.Connections;

/// <summary>Runs the commands of clients (protocol 1.4). The outcome, also a refusal, goes to the connection.</summary>
internal sealed partial class CommandHandler(
    Authenticator authenticator,
    ChannelHub channels,
    RepositoryHub repositories,
    IOptions<LimitOptions> limits,
    IOptions<RealtimeOptions> options,
    TimeProvider time,
    GatewayMetrics metrics,
    ILogger<CommandHandler> logger)
{
    private static readonly OutboundMessage InvalidRequest = MessageEncoder.Error(ErrorTexts.InvalidRequest);
    private static readonly OutboundMessage InvalidToken = MessageEncoder.Error(ErrorTexts.InvalidToken);

    private readonly LimitOptions _limits = limits.Value;

    /// <summary>Runs one command. Call within a turn of the connection.</summary>
    /// <param name="connection">The connection.</param>
    /// <param name="command">The command.</param>
    /// <param name="gathered">Where a publication waits for those that come with it.</param>
    /// <param name="cancellationToken">Ends a wait.</param>
    public async ValueTask HandleAsync(
        Connection connection, ClientMessage command, GatheredPublications gathered, CancellationToken cancellationToken)
    {
        if (command.Kind != CommandKind.ChanIn)
        {
            gathered.Publish();
        }

        if (!connection.TryTakeCommand())
        {
            metrics.CommandRefusedByRate();
            connection.Send(MessageEncoder.Error(ErrorTexts.TooManyRequests));
            return;
        }

        metrics.Received(command.Kind);
        using var activity = GatewayTracing.StartCommand(command.Kind, connection.Transport);
        try
        {
            await (command.Kind switch
            {
                CommandKind.Echo => Reply(connection, MessageEncoder.Echo(command)),
                CommandKind.Auth => authenticator.AuthenticateAsync(connection, command.Data, cancellationToken),
                CommandKind.Resume => Reply(connection, InvalidRequest),
                CommandKind.Unknown => Reply(connection, MessageEncoder.CommandNotFound(command.Type.Span)),
                _ => HandleBoundAsync(connection, command, gathered, cancellationToken),
            });
        }
        catch (Exception exception) when (exception is not OperationCanceledException || !cancellationToken.IsCancellationRequested)
        {
            LogCommandFailed(exception, command.Kind, connection.Sid);
            connection.Send(MessageEncoder.Error(ErrorTexts.UnableToSend));
        }
    }

    private ValueTask HandleBoundAsync(
        Connection connection, ClientMessage command, GatheredPublications gathered, CancellationToken cancellationToken)
    {
        if (connection.Identity is not null && connection.TokenExpiresAt <= time.GetUtcNow())
        {
            connection.Unbind();
        }

        if (connection.Identity is not { } identity)
        {
            return Reply(connection, InvalidToken);
        }

        var nameToken = command.Kind == CommandKind.ChanIn ? command.Channel : command.Data;
        var isValid = connection.TryReadChannel(nameToken, out var name) && name.Length <= _limits.MaxChannelNameLength;
        if (isValid && name.Length == 0)
        {
            return Reply(connection, MessageEncoder.Error(ErrorTexts.NoChannel));
        }

        if (command.Kind == CommandKind.ChanIn && name.StartsWith(ChannelKey.DocumentPrefix, StringComparison.OrdinalIgnoreCase))
        {
            return Reply(connection, MessageEncoder.Error(ErrorTexts.DocumentChannel));
        }

        if (!isValid)
        {
            return Reply(connection, MessageEncoder.Error(ErrorTexts.InvalidChannelName));
        }

        return command.Kind switch
        {
            CommandKind.ChanIn => PublishAsync(connection, identity.Database, name, command, gathered, cancellationToken),
            CommandKind.Join => JoinAsync(connection, identity, name),
            CommandKind.Leave => LeaveAsync(connection, name),
            _ => CountMembersAsync(connection, identity.Database, name),
        };
    }

    private async ValueTask PublishAsync(
        Connection connection,
        string database,
        string name,
        ClientMessage command,
        GatheredPublications gathered,
        CancellationToken cancellationToken)
    {
        var permit = connection.BeginPublicationAsync(cancellationToken);
        if (!permit.IsCompleted)
        {
            // It may be those that it waits for.
            gathered.Publish();
        }

        await permit;
        var message = MessageEncoder.ChanOut(connection.SidBytes.Span, command.Data.Span, command.Channel.Span, name);
        channels.Publish(connection, database, name, message, gathered);
    }

    private async ValueTask JoinAsync(Connection connection, CallerIdentity identity, string name)
    {
        if (connection.Memberships.ContainsKey(name) || connection.Session?.SlotOf(name) is not null)
        {
            connection.Send(MessageEncoder.Joined(name));
            return;
        }

        if (Math.Max(connection.Memberships.Count, connection.Session?.Count ?? 0) >= _limits.MaxChannelsPerConnection)
        {
            connection.Send(MessageEncoder.Error(ErrorTexts.TooManyChannels));
            return;
        }

        var isAnnounced = options.Value.ReferenceJoinReplies && RepositoryOf(name) is null;
        if (isAnnounced)
        {
            await channels.AnnounceAsync(identity.Database, name, MessageEncoder.NewcomerJoined(connection.SidText, name));
        }

        var reply = MessageEncoder.Joined(name);
        var hasJoined = connection.Session is { } session
            ? await JoinAsync(connection, session, identity, name, reply)
            : await SubscribeAsync(connection, identity, name, reply, OutboxItem.NoSlot) is not null;
        if (!hasJoined)
        {
            connection.Send(MessageEncoder.Error(ErrorTexts.UnableToSend));
        }
        else if (isAnnounced)
        {
            connection.Send(MessageEncoder.OkFor(name));
        }
    }

    /// <summary>The client of a session hears of its membership when that is kept, and of the channel's messages after it.</summary>
    private async ValueTask<bool> JoinAsync(
        Connection connection, ResumableSession session, CallerIdentity identity, string name, OutboundMessage reply)
    {
        var slot = session.BeginJoin();
        var subscription = await SubscribeAsync(connection, identity, name, reply: null, slot);
        if (subscription is null)
        {
            session.CancelJoin(slot);
            return false;
        }

        session.CompleteJoin(slot, name, subscription, reply);
        if (connection.AbsentSince is not null)
        {
            // What is published from now on waits in the channel.
            connection.StopListening();
            session.Suspend();
        }

        return true;
    }

    private async ValueTask<ISubscription?> SubscribeAsync(
        Connection connection, CallerIdentity identity, string name, OutboundMessage? reply, int slot)
    {
        var subscription = RepositoryOf(name) is { } repository
            ? await repositories.JoinAsync(connection, identity, repository, reply, slot)
            : await channels.JoinAsync(connection, identity.Database, name, reply, slot);
        if (subscription is not null)
        {
            connection.Memberships.Add(name, new Membership(subscription, slot));
        }

        return subscription;
    }

    private static ValueTask LeaveAsync(Connection connection, string name)
    {
        if (connection.Memberships.Remove(name, out var membership))
        {
            membership.Subscription.Leave(connection);
        }

        if (connection.Session is { } session && session.SlotOf(name) is { } slot)
        {
            session.Leave(slot);
        }

        return Reply(connection, MessageEncoder.Left(name));
    }

    private async ValueTask CountMembersAsync(Connection connection, string database, string name)
    {
        var members = RepositoryOf(name) is { } repository
            ? await repositories.CountMembersAsync(database, repository)
            : await channels.CountMembersAsync(database, name);
        connection.Send(MessageEncoder.Presence(name, members));
    }

    private static ValueTask Reply(Connection connection, OutboundMessage reply)
    {
        connection.Send(reply);
        return ValueTask.CompletedTask;
    }

    /// <summary>
    /// The repository whose events a channel carries. A name that no repository can have is a channel like any other,
    /// in which nobody can write: joining it always succeeds (protocol 2.3).
    /// </summary>
    internal static string? RepositoryOf(string channel) =>
        channel.StartsWith(ChannelKey.DocumentPrefix, StringComparison.Ordinal)
        && channel[ChannelKey.DocumentPrefix.Length..] is var repository
        && RepositoryName.Check(repository) is null
            ? repository
            : null;

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Command} failed on connection {ConnectionId}")]
    private partial void LogCommandFailed(Exception exception, CommandKind command, Guid connectionId);
}
