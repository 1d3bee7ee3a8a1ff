using System.Collections.Immutable;
using Microsoft.Extensions.Logging;
using Realtime.Gateways;

namespace Realtime.Documents;

/// <summary>Tells gateways of the changes of one repository, in order, so that each can see whether it has missed any.</summary>
internal sealed partial class RepositoryAnnouncer(
    string key, IInboxPublisher publisher, IGatewayRoster roster, TimeProvider time, DocumentOptions options, ILogger logger)
{
    // A gateway that is told nothing must not fall behind what the outbox keeps.
    private const int MarksPerOutbox = 4;

    private readonly Guid _activation = Guid.NewGuid();
    private readonly RepositoryMembers _members = new();
    private readonly RepositoryPermissions _permissions = RepositoryPermissions.Parse(RepositoryKey.Parse(key).Repository);
    private long _bytes;
    private bool _isIntroduced;

    /// <summary>Position up to which everything has been announced.</summary>
    public long Position { get; private set; }

    /// <summary>Whether there are members.</summary>
    public bool HasMembers => !_members.IsEmpty;

    /// <summary>Begins where the store is; earlier changes were others' to announce.</summary>
    /// <param name="position">The position of the store.</param>
    public void StartAt(long position) => Position = position;

    /// <summary>The change for those who may know of it.</summary>
    /// <param name="written">The change.</param>
    public DocumentChange ToChange(WrittenDocument written) => new(
        written.Position, written.Kind, _permissions.AudienceOf(written.AccountId, written.OwnerId), written.Json);

    /// <summary>Takes a gateway's statement in.</summary>
    /// <param name="statement">The statement.</param>
    public RepositoryMembershipReply State(RepositoryMembership statement)
    {
        var isUnderstood = _members.Apply(statement, time.GetUtcNow(), Position, _bytes);
        return new RepositoryMembershipReply(Position, !isUnderstood, _activation);
    }

    /// <summary>Drops gateways that are gone.</summary>
    public void Prune() => _members.Prune(roster.IsLive);

    /// <summary>Number of connections at gateways that live.</summary>
    public int Count() => _members.Count(roster.IsLive);

    /// <summary>Announces changes that are durable.</summary>
    /// <param name="written">The changes of a transaction, in order.</param>
    public void Announce(IEnumerable<WrittenDocument> written)
    {
        // What was found in the store before its writer came here has been announced.
        var changes = written.Where(change => change.Position > Position).ToList();
        if (changes.Count == 0)
        {
            return;
        }

        var isGap = changes[0].Position > Position + 1;
        if (isGap)
        {
            _members.SkipTo(changes[0].Position - 1);
        }

        Position = changes[^1].Position;
        _bytes += changes.Sum(change => (long)change.Json.Length);
        foreach (var (gateway, routed) in _members.Route(changes.Select(ToChange)))
        {
            Publish(gateway, routed);
        }

        Mark(isGap ? 1 : Math.Max(1, options.OutboxChanges / MarksPerOutbox), options.OutboxBytes / MarksPerOutbox);
        Introduce();
    }

    /// <summary>Tells of changes that others made: each gateway reads them, as if it had missed them.</summary>
    /// <param name="position">The position of the store.</param>
    public void SkipTo(long position)
    {
        if (position > Position)
        {
            Position = position;
            foreach (var gateway in _members.SkipTo(position))
            {
                Publish(gateway, []);
            }
        }
    }

    /// <summary>
    /// Lets gateways that have members know that this activation is over. They state them again, to the next one, which may have told all
    /// gateways of itself already: two can live for a moment after a silo was lost.
    /// </summary>
    public void Stop()
    {
        foreach (var gateway in _members.Gateways)
        {
            AskToState(gateway);
        }
    }

    /// <summary>Tells the position to all gateways that haven't heard it.</summary>
    public void Mark() => Mark(1, 0);

    private void Mark(long changes, long bytes)
    {
        foreach (var gateway in _members.Behind(Position - changes, _bytes - bytes))
        {
            Publish(gateway, []);
        }
    }

    /// <summary>
    /// Lets gateways know with its first change that this activation has begun: those that had members with the one
    /// before, on a silo that was lost perhaps, needn't find out by themselves. They get no changes with it, so what
    /// members of theirs may know of these has to be read, also by a gateway that had everything until now.
    /// </summary>
    private void Introduce()
    {
        if (_isIntroduced)
        {
            return;
        }

        _isIntroduced = true;
        foreach (var gateway in roster.Live.Where(gateway => !_members.Contains(gateway)))
        {
            AskToState(gateway);
        }
    }

    private void AskToState(string gateway) =>
        Publish(gateway, new DocumentChanges(key, [], Position, Position, IsIntroduction: true, Activation: _activation));

    private void Publish(string gateway, ImmutableArray<DocumentChange> changes) =>
        Publish(gateway, new DocumentChanges(key, changes, _members.Advance(gateway, Position, _bytes), Position, Activation: _activation));

    private void Publish(string gateway, DocumentChanges changes)
    {
        try
        {
            publisher.Publish(gateway, changes);
        }
        catch (Exception error)
        {
            // The documents are durable: whoever wrote them must hear so.
            LogPublishFailed(error, key, gateway);
        }
    }

    [LoggerMessage(LogLevel.Error, "Repository {Repository}: changes could not be published to gateway {Gateway}")]
    private partial void LogPublishFailed(Exception error, string repository, string gateway);
}
