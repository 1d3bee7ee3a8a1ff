using Realtime.Gateways;

namespace Realtime.Gateway.Channels;

/// <summary>Publications of a channel that can't be handed on yet, as something before them is missing. Not safe for concurrent use.</summary>
internal sealed class HeldPublications
{
    private const int MaxCount = 1024;
    private const long MaxBytes = 8 * 1024 * 1024;

    private readonly List<Held> _all = [];
    private long _bytes;

    /// <summary>Whether there are none.</summary>
    public bool IsEmpty => _all.Count == 0;

    /// <summary>Whether there was no room for some since <see cref="Clear"/>: what is held isn't all that has come.</summary>
    public bool HasDropped { get; private set; }

    /// <summary>Holds publications, if there is room.</summary>
    /// <param name="publications">The publications.</param>
    /// <param name="isKept">Whether <see cref="RecentPublications"/> has them already.</param>
    public void Add(ChannelPublications publications, bool isKept)
    {
        var bytes = 0;
        foreach (var payload in publications.Payloads)
        {
            bytes += payload.Length;
        }

        if (_all.Count == MaxCount || _bytes + bytes > MaxBytes)
        {
            HasDropped = true;
            return;
        }

        _all.Add(new Held(publications, isKept, bytes));
        _bytes += bytes;
    }

    /// <summary>Offers what is held, in the channel's order whatever it came by, and holds on to what isn't taken.</summary>
    /// <param name="tryTake">Takes publications; false if something before them is missing still.</param>
    public void Offer(Func<ChannelPublications, bool, bool> tryTake)
    {
        if (_all.Count > 1)
        {
            _all.Sort(static (one, other) => one.Publications.First.CompareTo(other.Publications.First));
        }

        _all.RemoveAll(held =>
        {
            var isTaken = tryTake(held.Publications, held.IsKept);
            _bytes -= isTaken ? held.Bytes : 0;
            return isTaken;
        });
    }

    /// <summary>Whether all of it is of one epoch.</summary>
    public bool AreAllOf(long epoch) => _all.TrueForAll(held => held.Publications.First.Epoch == epoch);

    /// <summary>Forgets everything.</summary>
    public void Clear()
    {
        _all.Clear();
        (_bytes, HasDropped) = (0, false);
    }

    private readonly record struct Held(ChannelPublications Publications, bool IsKept, int Bytes);
}
