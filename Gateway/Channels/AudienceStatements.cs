using Realtime.Documents;

namespace Realtime.Gateway.Channels;

/// <summary>
/// What the grain of a repository was told of this gateway's audiences, and what it must be told next. One statement is
/// under way at a time. Not safe for concurrent use.
/// </summary>
/// <param name="gateway">Id of this gateway.</param>
/// <param name="firstVersion">Statements have versions above this.</param>
/// <param name="members">The members.</param>
internal sealed class AudienceStatements(string gateway, long firstVersion, AudienceMembers members)
{
    private const int Unknown = -1;

    private readonly HashSet<Audience> _stated = [];
    private readonly HashSet<Audience> _changed = [];
    private long _version = firstVersion;
    private int _statedMembers;
    private bool _mustStateWhole = true;
    private bool _isInDoubt;

    /// <summary>Whether there may be something to state.</summary>
    public bool IsPending => _changed.Count > 0 || _statedMembers == Unknown;

    /// <summary>Notes that an audience has got its first member, or lost its last.</summary>
    public void Change(Audience audience) => _changed.Add(audience);

    /// <summary>Says that the grain may know nothing any more, also of a statement that is under way.</summary>
    public void Doubt() => (_mustStateWhole, _statedMembers, _isInDoubt) = (true, Unknown, true);

    /// <summary>Makes the next statement.</summary>
    /// <param name="joins">Those who become members with it.</param>
    /// <returns>Null if the grain knows everything.</returns>
    public RepositoryMembership? Next(List<PendingJoin<Audience>> joins)
    {
        HashSet<Audience> joining = [.. joins.Select(static join => join.State)];
        _changed.UnionWith(joining);
        var count = members.Count + joins.Count(join => !members.Contains(join.Connection));
        var statement = Make(count, joining);
        if (joins.Count == 0 && count == _statedMembers && statement.Added.Length == 0 && statement.Removed.Length == 0)
        {
            return null;
        }

        _version++;
        _isInDoubt = false;
        return statement;
    }

    /// <summary>Notes that the grain has taken a statement in.</summary>
    public void Confirm(RepositoryMembership statement)
    {
        if (statement.IsWhole)
        {
            _stated.Clear();
        }

        _stated.ExceptWith(statement.Removed);
        _stated.UnionWith(statement.Added);
        _changed.Clear();
        if (!_isInDoubt)
        {
            (_mustStateWhole, _statedMembers) = (false, statement.Members);
        }
    }

    /// <summary>Takes note of audiences that nobody is in.</summary>
    public void ChangeEmpty() => _changed.UnionWith(_stated.Where(audience => !members.HasMembers(audience)));

    private RepositoryMembership Make(int count, HashSet<Audience> joining)
    {
        if (_mustStateWhole)
        {
            return new RepositoryMembership(gateway, _version + 1, IsWhole: true, count, [.. joining.Union(members.Audiences)], []);
        }

        bool IsWanted(Audience audience) => joining.Contains(audience) || members.HasMembers(audience);
        return new RepositoryMembership(
            gateway,
            _version + 1,
            IsWhole: false,
            count,
            [.. _changed.Where(audience => IsWanted(audience) && !_stated.Contains(audience))],
            [.. _changed.Where(audience => !IsWanted(audience) && _stated.Contains(audience))]);
    }
}
