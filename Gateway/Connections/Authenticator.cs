using Realtime.Gateway.Auth;
using Realtime.Gateway.Channels;
using Realtime.Gateway.Protocol;
using Realtime.Gateway.Quotas;

namespace Realtime.Gateway.Connections;

/// <summary>Binds connections to users, and looks at the binding again when a user changes (protocol 1.4.2, 1.5).</summary>
internal sealed class Authenticator(
    SessionTokens tokens,
    IdentityCache identities,
    DatabaseCache databases,
    SlotKeeper slots,
    RepositoryHub repositories,
    ConnectionRegistry registry)
{
    private static readonly OutboundMessage InvalidToken = MessageEncoder.Error(ErrorTexts.InvalidToken);

    /// <summary>Runs <c>auth</c>. Call within a turn of the connection.</summary>
    /// <param name="connection">The connection.</param>
    /// <param name="data">The session token, as a JSON string token.</param>
    /// <param name="cancellationToken">Ends the wait for a slot.</param>
    public async ValueTask AuthenticateAsync(Connection connection, ReadOnlyMemory<byte> data, CancellationToken cancellationToken)
    {
        var changes = identities.Changes;
        if (!JsonStringToken.TryRead(data, out var text)
            || await tokens.ReadAsync(text) is not { IsExpired: false } token
            || (connection.Database is not null && connection.Database != token.Database)
            || await databases.FindAsync(token.Database) is not { } database
            || await identities.GetAsync(token.Database, token.UserId) is not { } identity)
        {
            connection.Send(InvalidToken);
            return;
        }

        if (connection.Database is null && !await TryAssignDatabaseAsync(connection, database, cancellationToken))
        {
            return;
        }

        if (connection.OwnerId is not null && connection.OwnerId != identity.UserId)
        {
            connection.LeaveAll();
        }

        var former = connection.Identity;
        connection.Bind(identity, token.ExpiresAt);
        try
        {
            if (former is not null && former.Version != identity.Version)
            {
                await MoveAsync(connection, identity);
            }

            connection.ConfirmBinding(MessageEncoder.Token(data.Span));
            if (changes != identities.Changes)
            {
                await RecheckAsync(connection);
            }
        }
        catch
        {
            // It is bound to somebody who can't be shown to be still who the token says.
            connection.End(EndReason.Internal);
            throw;
        }
    }

    /// <summary>Looks at the user of a bound connection again: it may be gone or have another role. Call within a turn.</summary>
    public async ValueTask RecheckAsync(Connection connection)
    {
        if (connection.Identity is not { } known)
        {
            return;
        }

        var current = await identities.GetFreshAsync(known.Database, known.UserId);
        if (current is null)
        {
            Unbind(connection);
        }
        else if (current.Version != known.Version)
        {
            connection.Refresh(current);
            await MoveAsync(connection, current);
        }
    }

    /// <summary>Moves the memberships of a user whose role has changed into the audiences of the new one.</summary>
    private async ValueTask MoveAsync(Connection connection, CallerIdentity identity)
    {
        foreach (var (name, membership) in connection.Memberships)
        {
            if (CommandHandler.RepositoryOf(name) is { } repository
                && await repositories.JoinAsync(connection, identity, repository, reply: null, membership.Slot) is null)
            {
                connection.End(EndReason.Internal);
                return;
            }
        }
    }

    /// <summary>Ends the binding of a connection whose token has expired or whose user is gone, and says so (protocol 1.5).</summary>
    public static void Unbind(Connection connection)
    {
        connection.Unbind();
        connection.Send(InvalidToken);
    }

    private async ValueTask<bool> TryAssignDatabaseAsync(Connection connection, DatabaseRef database, CancellationToken cancellationToken)
    {
        switch (await slots.AcquireAsync(database.TenantId, cancellationToken))
        {
            case SlotOutcome.Granted:
                connection.HoldSlot(database.TenantId, slots.Release);
                connection.AssignDatabase(database.PublicKey);
                registry.RemoveUnassigned();
                if (await databases.FindAsync(database.PublicKey) is not null)
                {
                    return true;
                }

                // It was deleted while the connection waited, and whoever ended its connections didn't see this one.
                connection.End(EndReason.Policy);
                return false;
            case SlotOutcome.Full:
                connection.Send(MessageEncoder.Error(ErrorTexts.ConnectionLimit));
                connection.End(EndReason.ConnectionLimit);
                return false;
            default:
                // No refusal: come back when the cluster has made up its mind.
                connection.End(EndReason.GoingAway);
                return false;
        }
    }
}
