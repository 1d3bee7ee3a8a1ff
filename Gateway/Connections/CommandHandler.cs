using Microsoft.Extensions.Options;
using Realtime.Channels;
using Realtime.Documents;
using Realtime.Gateway.Channels;
using Realtime.Gateway.Protocol;
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
    private static readonly OutboundMessage InvalidToken = MessageEncoder.Error(ErrorTexts.InvalidToken);

    private readonly LimitOptions _limits = limits.Value;

    /// <summary>Runs one command. Call within a turn of the connection.</summary>
    public async ValueTask HandleAsync(Connection connection, ClientMessage command, CancellationToken cancellationToken)
    {
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
                CommandKind.Unknown => Reply(connection, MessageEncoder.CommandNotFound(command.Type.Span)),
                _ => HandleBoundAsync(connection, command, cancellationToken),
            });
        }
        catch (Exception exception) when (exception is not OperationCanceledException || !cancellationToken.IsCancellationRequested)
        {
            LogCommandFailed(exception, command.Kind, connection.Sid);
            connection.Send(MessageEncoder.Error(ErrorTexts.UnableToSend));
        }
    }

    private ValueTask HandleBoundAsync(Connection connection, ClientMessage command, CancellationToken cancellationToken)
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
        var isValid = JsonStringToken.TryRead(nameToken, out var name) && name.Length <= _limits.MaxChannelNameLength;
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
            CommandKind.ChanIn => PublishAsync(connection, identity.Database, name, command.Data, cancellationToken),
            CommandKind.Join => JoinAsync(connection, identity, name),
            CommandKind.Leave => LeaveAsync(connection, name),
            _ => CountMembersAsync(connection, identity.Database, name),
        };
    }

    private async ValueTask PublishAsync(
        Connection connection, string database, string name, ReadOnlyMemory<byte> data, CancellationToken cancellationToken)
    {
        await connection.BeginPublicationAsync(cancellationToken);
        channels.Publish(connection, database, name, MessageEncoder.ChanOut(connection.SidBytes.Span, data.Span, name));
    }

    private async ValueTask JoinAsync(Connection connection, CallerIdentity identity, string name)
    {
        if (connection.Memberships.ContainsKey(name))
        {
            connection.Send(MessageEncoder.Joined(name));
            return;
        }

        if (connection.Memberships.Count >= _limits.MaxChannelsPerConnection)
        {
            connection.Send(MessageEncoder.Error(ErrorTexts.TooManyChannels));
            return;
        }

        var reply = MessageEncoder.Joined(name);
        var subscription = RepositoryOf(name) is { } repository
            ? await repositories.JoinAsync(connection, identity, repository, reply)
            : await JoinChannelAsync(connection, identity.Database, name, reply);
        if (subscription is null)
        {
            connection.Send(MessageEncoder.Error(ErrorTexts.UnableToSend));
            return;
        }

        connection.Memberships.Add(name, subscription);
    }

    private async Task<ISubscription?> JoinChannelAsync(Connection connection, string database, string name, OutboundMessage reply)
    {
        if (options.Value.ReferenceJoinReplies)
        {
            await channels.AnnounceAsync(database, name, MessageEncoder.NewcomerJoined(connection.SidText, name));
        }

        var subscription = await channels.JoinAsync(connection, database, name, reply);
        if (subscription is not null && options.Value.ReferenceJoinReplies)
        {
            connection.Send(MessageEncoder.OkFor(name));
        }

        return subscription;
    }

    private static ValueTask LeaveAsync(Connection connection, string name)
    {
        if (connection.Memberships.Remove(name, out var subscription))
        {
            subscription.Leave(connection);
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
