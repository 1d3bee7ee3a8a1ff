using System.Collections.Immutable;
using Realtime.Documents;
using Realtime.Gateway.Telemetry;
using Realtime.Gateways;

namespace Realtime.Gateway.Channels;

/// <summary>
/// How far this gateway's members of a repository have been served. Hands on what follows without a gap; while something
/// is missing, what comes later waits until that has been read. Not safe for concurrent use.
/// </summary>
internal sealed class RepositoryFeed(AudienceMembers members, GatewayMetrics metrics)
{
    private const int MaxHeldBytes = 4 * 1024 * 1024;

    private readonly Queue<DocumentChanges> _held = new();
    private int _heldBytes;

    /// <summary>Position up to which all members have got everything.</summary>
    public long Served { get; private set; }

    /// <summary>Whether something is missing.</summary>
    public bool IsBehind { get; private set; }

    /// <summary>Position up to which something was announced; what is read must reach it.</summary>
    public long Wanted { get; private set; }

    /// <summary>Takes what the inbox brings.</summary>
    public void Receive(DocumentChanges changes)
    {
        if (members.Count == 0)
        {
            // Whoever joins next reads what was before.
            Advance(changes.UpTo);
        }
        else if (IsBehind)
        {
            Hold(changes);
        }
        else if (changes.After > Served)
        {
            Require(changes.After);
            Hold(changes);
        }
        else
        {
            Deliver(changes.Changes, changes.UpTo);
        }
    }

    /// <summary>Says that everything up to a position must be there, and what isn't has to be read.</summary>
    public void Require(long position)
    {
        Wanted = Math.Max(Wanted, position);
        if (!IsBehind)
        {
            IsBehind = true;
            metrics.RepositoryCatchUpBegun();
        }
    }

    /// <summary>Where a membership begins of which the grain heard at a position.</summary>
    /// <returns>That position, or a later one that the others have been served up to: the newcomer hasn't been told yet.</returns>
    public long BeginAt(long position)
    {
        if (members.Count == 0)
        {
            Advance(_held.Count > 0 ? Math.Max(position, _held.Max(static held => held.UpTo)) : position);
            Release();
        }

        return Math.Max(position, Served);
    }

    /// <summary>Takes a page of what was missing.</summary>
    /// <param name="page">The page.</param>
    /// <param name="wanted"><see cref="Wanted"/> when it was asked for.</param>
    /// <returns>False if continuity can't be shown: then all members were ended.</returns>
    public bool TryCatchUp(RepositoryHistory page, long wanted)
    {
        if (!page.IsContinuous || (page.IsLast && page.UpTo < wanted))
        {
            metrics.RepositoryMembersEnded(members.Count);
            members.EndConnections();
            Advance(page.UpTo);
            Release();
            return false;
        }

        Deliver(page.Changes, page.UpTo);
        if (Served < Wanted || !page.IsLast)
        {
            return true;
        }

        IsBehind = false;
        while (!IsBehind && _held.TryPeek(out var next))
        {
            if (next.After > Served)
            {
                Require(next.After);
            }
            else
            {
                _held.Dequeue();
                _heldBytes -= next.SizeInBytes;
                Deliver(next.Changes, next.UpTo);
            }
        }

        return true;
    }

    private void Hold(DocumentChanges changes)
    {
        _held.Enqueue(changes);
        _heldBytes += changes.SizeInBytes;
        if (_heldBytes > MaxHeldBytes)
        {
            // They can be read as well.
            Require(_held.Max(static held => held.UpTo));
            ClearHeld();
        }
    }

    private void Deliver(ImmutableArray<DocumentChange> changes, long upTo)
    {
        using (members.Gather(isWorthIt: changes.Length > 1))
        {
            foreach (var change in changes)
            {
                if (change.Position > Served)
                {
                    members.Deliver(change);
                }
            }
        }

        Advance(upTo);
    }

    private void Advance(long position)
    {
        Served = Math.Max(Served, position);
        members.Settle(Served);
    }

    private void Release()
    {
        ClearHeld();
        (IsBehind, Wanted) = (false, 0);
    }

    private void ClearHeld()
    {
        _held.Clear();
        _heldBytes = 0;
    }
}
