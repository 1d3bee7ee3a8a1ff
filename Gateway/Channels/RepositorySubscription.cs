using Realtime.Documents;
using Realtime.Gateway.Connections;
using Realtime.Gateway.Protocol;
using Realtime.Gateways;

namespace Realtime.Gateway.Channels;

/// <summary>
/// This gateway's members of one repository's channel, by audience. The repository's grain decides who may read a
/// document; here nothing is filtered, an event goes to everyone of its audience (protocol 2.3).
/// </summary>
internal sealed partial class RepositorySubscription : ISubscription
{
    private static readonly TimeSpan RetryDelay = TimeSpan.FromMilliseconds(200);

    private const int Unknown = -1;

    private readonly IRepositoryGrain _grain;
    private readonly string _gateway;
    private readonly Action<RepositorySubscription> _retire;
    private readonly ILogger _logger;
    private readonly Pump _pump;
    private readonly RepositoryPermissions _permissions;
    private readonly Lock _lock = new();
    private readonly AudienceMembers _members;
    private readonly PendingJoins<Audience> _joins = new();
    private readonly HashSet<Audience> _stated = [];
    private readonly HashSet<Audience> _changed = [];
    private long _version;
    private int _restatements;
    private int _statedMembers;
    private bool _mustStateWhole = true;
    private bool _isRetired;

    /// <param name="key">Grain key of the repository.</param>
    /// <param name="grain">The repository's grain.</param>
    /// <param name="gateway">Id of this gateway.</param>
    /// <param name="firstVersion">Statements have versions above this.</param>
    /// <param name="retire">Called when nobody is a member any more and this object takes none.</param>
    /// <param name="logger">Where failures are noted.</param>
    public RepositorySubscription(
        string key,
        IRepositoryGrain grain,
        string gateway,
        long firstVersion,
        Action<RepositorySubscription> retire,
        ILogger logger)
    {
        (Key, _grain, _gateway, _version, _retire, _logger) = (key, grain, gateway, firstVersion, retire, logger);
        var repository = RepositoryKey.Parse(key).Repository;
        _permissions = RepositoryPermissions.Parse(repository);
        _members = new AudienceMembers(
            JsonStringToken.From(Realtime.Channels.ChannelKey.DocumentPrefix + repository), audience => _changed.Add(audience));
        _pump = new Pump(StateMembersAsync, logger);
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
    public Task<bool>? TryJoin(Connection connection, CallerIdentity identity, OutboundMessage? reply)
    {
        var join = new PendingJoin<Audience>(connection, _permissions.AudienceOf(identity), reply);
        lock (_lock)
        {
            if (_isRetired)
            {
                return null;
            }

            _joins.Add(join);
        }

        _pump.Wake();
        return join.WaitAsync();
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

    /// <summary>Hands changes of the inbox to those who may know of them.</summary>
    public void Deliver(DocumentChanges changes)
    {
        lock (_lock)
        {
            foreach (var change in changes.Changes)
            {
                _members.Deliver(change);
            }
        }

        if (_changed.Count > 0)
        {
            _pump.Wake();
        }
    }

    /// <summary>States the audiences again, after the grain may have forgotten this gateway; present members begin anew.</summary>
    public void Restate()
    {
        lock (_lock)
        {
            if (_isRetired)
            {
                return;
            }

            _members.EndConnections();
            _mustStateWhole = true;
            _statedMembers = Unknown;
            _restatements++;
        }

        _pump.Wake();
    }

    private async Task StateMembersAsync()
    {
        while (TryBegin(out var statement, out var joins, out var restatements))
        {
            try
            {
                var reply = await _grain.SetMembersAsync(statement);
                Complete(statement, reply, joins, restatements);
                if (reply.NeedsWhole && statement.IsWhole)
                {
                    // It was overtaken by a later one of its own kind; asking at once would only ask again.
                    await Task.Delay(RetryDelay);
                }
            }
            catch (Exception exception)
            {
                LogStatementFailed(exception);
                lock (_lock)
                {
                    // The grain may or may not have heard it.
                    (_mustStateWhole, _statedMembers) = (true, Unknown);
                    _joins.Return(joins);
                }

                await Task.Delay(RetryDelay);
            }
        }
    }

    private bool TryBegin(out RepositoryMembership statement, out List<PendingJoin<Audience>> joins, out int restatements)
    {
        lock (_lock)
        {
            restatements = _restatements;
            joins = _joins.TakeAll();
            _changed.UnionWith(joins.Select(static join => join.State));
            var members = _members.Count + joins.Count(join => !_members.Contains(join.Connection));
            statement = State(members, [.. joins.Select(static join => join.State)]);
            if (!_isRetired && (joins.Count > 0 || members != _statedMembers || statement.Added.Length > 0 || statement.Removed.Length > 0))
            {
                _version++;
                return true;
            }

            if (_isRetired || members > 0)
            {
                return false;
            }

            _isRetired = true;
        }

        _retire(this);
        return false;
    }

    private RepositoryMembership State(int members, HashSet<Audience> joining)
    {
        if (_mustStateWhole)
        {
            return new RepositoryMembership(
                _gateway, _version + 1, IsWhole: true, members, [.. joining.Union(_members.Audiences)], []);
        }

        bool IsWanted(Audience audience) => joining.Contains(audience) || _members.HasMembers(audience);
        return new RepositoryMembership(
            _gateway,
            _version + 1,
            IsWhole: false,
            members,
            [.. _changed.Where(audience => IsWanted(audience) && !_stated.Contains(audience))],
            [.. _changed.Where(audience => !IsWanted(audience) && _stated.Contains(audience))]);
    }

    private void Complete(
        RepositoryMembership statement, RepositoryMembershipReply reply, List<PendingJoin<Audience>> joins, int restatements)
    {
        lock (_lock)
        {
            if (reply.NeedsWhole)
            {
                // The grain was started anew; what it published before it heard of this gateway again is lost.
                _members.EndConnections();
                _mustStateWhole = true;
                _joins.Return(joins);
                return;
            }

            if (statement.IsWhole)
            {
                _stated.Clear();
            }

            _stated.ExceptWith(statement.Removed);
            _stated.UnionWith(statement.Added);
            _changed.Clear();
            if (restatements == _restatements)
            {
                // Else what was stated before is in doubt again, and the next run states it.
                (_mustStateWhole, _statedMembers) = (false, statement.Members);
            }

            foreach (var join in joins.Where(static join => join.TryAdmit()))
            {
                _members.Admit(join.Connection, join.State, reply.Position);
                if (join.Reply is not null)
                {
                    join.Connection.Send(join.Reply);
                }
            }

            // Who gave up, or moved, may leave an audience that nobody is in.
            _changed.UnionWith(_stated.Where(audience => !_members.HasMembers(audience)));
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "A repository could not be told of its members; it is tried again")]
    private partial void LogStatementFailed(Exception exception);
}
