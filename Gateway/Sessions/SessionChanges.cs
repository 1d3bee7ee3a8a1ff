using System.Collections.Immutable;
using Realtime.Sessions;

namespace Realtime.Gateway.Sessions;

/// <summary>What has changed in a session and isn't part of an update yet. Not safe for concurrent use.</summary>
internal sealed class SessionChanges
{
    private readonly List<SessionMembership> _joined = [];
    private readonly List<int> _left = [];
    private readonly List<SessionQuietSlot> _quiet = [];
    private readonly List<ReadOnlyMemory<byte>> _replies = [];
    private readonly List<SessionPromotion> _promotions = [];
    private (CallerIdentity Identity, DateTimeOffset TokenExpiresAt)? _binding;
    private ImmutableArray<SessionMove> _moved = [];
    private long _checkpoint;

    public bool IsEmpty { get; private set; } = true;

    public void Bind(CallerIdentity identity, DateTimeOffset tokenExpiresAt)
    {
        _binding = (identity, tokenExpiresAt);
        IsEmpty = false;
    }

    public void Join(SessionMembership membership)
    {
        _joined.Add(membership);
        IsEmpty = false;
    }

    public void Leave(int slot)
    {
        // Updates end memberships before they begin some.
        _joined.RemoveAll(membership => membership.Slot == slot);
        _left.Add(slot);
        IsEmpty = false;
    }

    public void Checkpoint(long number, ImmutableArray<SessionMove> moved)
    {
        (_checkpoint, _moved) = (number, moved);
        IsEmpty = false;
    }

    public void Quiet(SessionQuietSlot quiet)
    {
        _quiet.Add(quiet);
        IsEmpty = false;
    }

    public void Promote(SessionPromotion promotion)
    {
        _promotions.Add(promotion);
        IsEmpty = false;
    }

    public void Reply(ReadOnlyMemory<byte> json)
    {
        _replies.Add(json);
        IsEmpty = false;
    }

    /// <summary>Makes an update of everything, and forgets it here.</summary>
    public SessionUpdate Take(long number)
    {
        var update = new SessionUpdate(number)
        {
            Identity = _binding?.Identity,
            TokenExpiresAt = _binding?.TokenExpiresAt ?? default,
            Joined = [.. _joined],
            Left = [.. _left],
            Checkpoint = _checkpoint,
            Moved = _moved,
            Quiet = [.. _quiet],
            Replies = [.. _replies],
            Promotions = [.. _promotions],
        };
        _joined.Clear();
        _left.Clear();
        _quiet.Clear();
        _replies.Clear();
        _promotions.Clear();
        (_binding, _checkpoint, _moved, IsEmpty) = (null, 0, [], true);
        return update;
    }
}
