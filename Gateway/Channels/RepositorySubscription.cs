using Realtime.Channels;
using Realtime.Documents;
using Realtime.Gateway.Connections;
using Realtime.Gateway.Protocol;
using Realtime.Gateway.Telemetry;
using Realtime.Gateways;

namespace Realtime.Gateway.Channels;

/// <summary>
/// This gateway's members of one repository's channel, by audience. The repository's grain decides who may read a
/// document; here nothing is filtered, an event goes to everyone of its audience (protocol 2.3).
/// </summary>
/// <remarks>
/// Statements to the grain and reads of what was missed are made one after the other, so that a read covers all audiences
/// that had members when it was made, and who joins begins behind what it covers.
/// </remarks>
internal sealed partial class RepositorySubscription : ISubscription
{
    private readonly IRepositoryGrain _grain;
    private readonly Action<RepositorySubscription> _retire;
    private readonly ILogger _logger;
    private readonly Pump _pump;
    private readonly RepositoryPermissions _permissions;
    private readonly Lock _lock = new();
    private readonly AudienceMembers _members;
    private readonly AudienceStatements _statements;
    private readonly RepositoryFeed _feed;
    private readonly PendingJoins<Audience> _joins = new();
    private Guid _activation;
    private bool _isRetired;

    /// <param name="key">Grain key of the repository.</param>
    /// <param name="grain">The repository's grain.</param>
    /// <param name="gateway">Id of this gateway.</param>
    /// <param name="firstVersion">Statements have versions above this.</param>
    /// <param name="retire">Called when nobody is a member any more and this object takes none.</param>
    /// <param name="metrics">What is counted.</param>
    /// <param name="logger">Where failures are noted.</param>
    public RepositorySubscription(
        string key,
        IRepositoryGrain grain,
        string gateway,
        long firstVersion,
        Action<RepositorySubscription> retire,
        GatewayMetrics metrics,
        ILogger logger)
    {
        (Key, _grain, _retire, _logger) = (key, grain, retire, logger);
        var repository = RepositoryKey.Parse(key).Repository;
        _permissions = RepositoryPermissions.Parse(repository);
        _members = new AudienceMembers(
            JsonStringToken.From(Realtime.Channels.ChannelKey.DocumentPrefix + repository), audience => _statements!.Change(audience));
        _statements = new AudienceStatements(gateway, firstVersion, _members);
        _feed = new RepositoryFeed(_members, metrics);
        _pump = new Pump(RunAsync, logger);
    }

    /// <summary>Grain key of the repository.</summary>
    public string Key { get; }

    /// <summary>
    /// Makes a connection a member of the audience of its identity, or moves it there from the one it was in; null if
    /// this object has been retired.
    /// </summary>
    /// <param name="connection">The member.</param>
    /// <param name="identity">Whom it acts as from now on.</param>
    /// <param name="reply">Sent to it at the moment its membership begins; null when it only moves.</param>
    /// <param name="slot">The session's number of the membership.</param>
    public Task<bool>? TryJoin(Connection connection, CallerIdentity identity, OutboundMessage? reply, int slot = OutboxItem.NoSlot)
    {
        var join = new PendingJoin<Audience>(connection, slot, _permissions.AudienceOf(identity), reply);
        lock (_lock)
        {
            if (_isRetired)
            {
                return null;
            }

            _members.Restrict(connection, join.State);
            _joins.Add(join);
        }

        _pump.Wake();
        return join.WaitAsync();
    }

    /// <inheritdoc/>
    public ChannelPosition? Settled
    {
        get
        {
            lock (_lock)
            {
                return new ChannelPosition(0, _feed.Served);
            }
        }
    }

    /// <inheritdoc/>
    public void Leave(Connection connection)
    {
        lock (_lock)
        {
            _members.Remove(connection);
        }

        _pump.Wake();
    }

    /// <summary>Takes what the inbox brings of this repository.</summary>
    public void Deliver(DocumentChanges changes)
    {
        bool mustRun;
        lock (_lock)
        {
            if (changes.IsIntroduction || (changes.Activation != _activation && _members.Count > 0))
            {
                // Two activations may live for a moment, and only one of them has heard the last statement.
                _statements.Doubt();
                changes = changes with { Changes = [], After = changes.UpTo };
            }

            _feed.Receive(changes);
            mustRun = _feed.IsBehind || _statements.IsPending;
        }

        if (mustRun)
        {
            _pump.Wake();
        }
    }

    /// <summary>States the audiences again and reads what was missed, after the grain may have forgotten this gateway.</summary>
    /// <returns>Completes when the grain has answered; it never fails.</returns>
    public Task RestateAsync()
    {
        lock (_lock)
        {
            _statements.Doubt();
        }

        return _pump.WakeAsync();
    }

    private async Task RunAsync()
    {
        bool hasStated, hasRead;
        do
        {
            hasStated = await StateMembersAsync();
            hasRead = await CatchUpAsync();
        }
        while (hasStated || hasRead);
    }

    /// <summary>States what has changed; false if there is nothing to state.</summary>
    private async Task<bool> StateMembersAsync()
    {
        if (!TryBegin(out var statement, out var joins))
        {
            return false;
        }

        try
        {
            var reply = await _grain.SetMembersAsync(statement);
            _failures = 0;
            Complete(statement, reply, joins);
            if (reply.NeedsWhole && statement.IsWhole)
            {
                // It was overtaken by a later one of its own kind; asking at once would only ask again.
                await DelayAsync();
            }
        }
        catch (Exception exception)
        {
            LogStatementFailed(exception);
            lock (_lock)
            {
                // The grain may or may not have heard it.
                _statements.Doubt();
                _joins.Return(joins);
            }

            await DelayAsync();
        }

        return true;
    }

    private bool TryBegin(out RepositoryMembership statement, out List<PendingJoin<Audience>> joins)
    {
        lock (_lock)
        {
            joins = _joins.TakeAll();
            var next = _isRetired ? null : _statements.Next(joins);
            statement = next!;
            if (next is not null)
            {
                return true;
            }

            if (_isRetired || _members.Count > 0)
            {
                return false;
            }

            _isRetired = true;
        }

        _retire(this);
        return false;
    }

    private void Complete(RepositoryMembership statement, RepositoryMembershipReply reply, List<PendingJoin<Audience>> joins)
    {
        lock (_lock)
        {
            if (reply.NeedsWhole)
            {
                // The grain was started anew, and hasn't told this gateway anything.
                _statements.Doubt();
                _joins.Return(joins);
                return;
            }

            _statements.Confirm(statement);
            _activation = reply.Activation;
            if (statement.IsWhole && _members.Count > 0 && reply.Position != _feed.Served)
            {
                // The grain's events follow on each other from there on, whatever became of those before.
                _feed.Require(reply.Position);
            }

            var position = _feed.BeginAt(reply.Position);
            foreach (var join in joins.Where(static join => join.TryAdmit()))
            {
                _members.Admit(join.Connection, join.Slot, join.State, position);
                if (join.Reply is not null)
                {
                    join.Connection.Send(join.Reply);
                }

                join.Complete();
            }

            // Who gave up, or moved, may leave an audience that nobody is in.
            _members.Settle(_feed.Served);
            _statements.ChangeEmpty();
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "A repository could not be told of its members; it is tried again")]
    private partial void LogStatementFailed(Exception exception);
}
