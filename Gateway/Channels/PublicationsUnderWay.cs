using System.Collections.Immutable;
using System.Diagnostics;
using System.Runtime.InteropServices;
using Realtime.Gateway.Connections;

namespace Realtime.Gateway.Channels;

/// <summary>A publication that hasn't been answered.</summary>
/// <param name="Payload">The encoded message.</param>
/// <param name="Answer">Told whether it was accepted.</param>
/// <param name="Sender">Who gets the answer, and perhaps the message, with one write.</param>
/// <param name="ReceivedAt">When it came, as a timestamp of the clock.</param>
/// <param name="Command">The trace that it belongs to.</param>
internal readonly record struct PendingPublication(
    ReadOnlyMemory<byte> Payload, Action<bool> Answer, Connection? Sender, long ReceivedAt, ActivityContext Command);

/// <summary>
/// The publications of a channel that are sent to its grain together, and their senders. Filled anew when all are answered. Not
/// safe for concurrent use.
/// </summary>
/// <param name="patience">Time of each, from the client to its answer.</param>
/// <param name="time">The clock.</param>
internal sealed class PublicationsUnderWay(TimeSpan patience, TimeProvider time)
{
    private const int MaxCount = 256;
    private const int MaxBytes = 1024 * 1024;

    private readonly List<PendingPublication> _waiting = [];
    private readonly List<Connection> _senders = [];

    /// <summary>Whether all are answered.</summary>
    public bool IsEmpty => _waiting.Count == 0;

    /// <summary>Time that is left until the oldest is overdue; negative if it is. There must be one.</summary>
    public TimeSpan TimeUntilOverdue => patience - time.GetElapsedTime(_waiting[0].ReceivedAt);

    /// <summary>Whether there is time left for any of them. There must be one.</summary>
    public bool AnyHasTime => time.GetElapsedTime(_waiting[^1].ReceivedAt) < patience;

    /// <summary>The traces that they belong to.</summary>
    public IEnumerable<ActivityContext> Commands => _waiting.Select(static pending => pending.Command);

    /// <summary>
    /// Takes the next ones from a queue, up to 256 and until they have a mebibyte; false if there are none. The caller has locked the queue.
    /// </summary>
    public bool TryFill(Queue<PendingPublication> queue)
    {
        // Nothing is in it, unless an answer failed.
        _waiting.Clear();
        var bytes = 0;
        while (_waiting.Count < MaxCount && bytes < MaxBytes && queue.TryDequeue(out var pending))
        {
            _waiting.Add(pending);
            bytes += pending.Payload.Length;
        }

        return _waiting.Count > 0;
    }

    /// <summary>The payloads in one piece of memory: where they are kept for minutes, each piece makes garbage collections longer.</summary>
    public ImmutableArray<ReadOnlyMemory<byte>> GetPayloads()
    {
        if (_waiting is [var only])
        {
            return [only.Payload];
        }

        var length = 0;
        foreach (ref readonly var pending in CollectionsMarshal.AsSpan(_waiting))
        {
            length += pending.Payload.Length;
        }

        var together = new byte[length];
        var payloads = new ReadOnlyMemory<byte>[_waiting.Count];
        var rest = together.AsMemory();
        for (var i = 0; i < payloads.Length; i++)
        {
            var payload = _waiting[i].Payload;
            payload.CopyTo(rest);
            (payloads[i], rest) = (rest[..payload.Length], rest[payload.Length..]);
        }

        return ImmutableCollectionsMarshal.AsImmutableArray(payloads);
    }

    /// <summary>Lets each sender get what follows with one write. <see cref="ReleaseSenders"/> follows at once.</summary>
    public void HoldSenders()
    {
        foreach (ref readonly var pending in CollectionsMarshal.AsSpan(_waiting))
        {
            if (pending.Sender is { } sender)
            {
                sender.Outbox.Hold();
                _senders.Add(sender);
            }
        }
    }

    /// <summary>Lets senders get what they were given.</summary>
    public void ReleaseSenders()
    {
        _senders.ForEach(static sender => sender.Outbox.Release());
        _senders.Clear();
    }

    /// <summary>Answers that all are accepted.</summary>
    public void Accept() => Answer(_waiting.Count, isAccepted: true);

    /// <summary>Refuses those at the beginning whose time is up.</summary>
    /// <returns>Their number.</returns>
    public int RefuseOverdue()
    {
        var overdue = 0;
        while (overdue < _waiting.Count && time.GetElapsedTime(_waiting[overdue].ReceivedAt) >= patience)
        {
            overdue++;
        }

        Answer(overdue, isAccepted: false);
        return overdue;
    }

    /// <summary>Answers those at the beginning, who wait no more then.</summary>
    private void Answer(int count, bool isAccepted)
    {
        foreach (ref readonly var pending in CollectionsMarshal.AsSpan(_waiting)[..count])
        {
            pending.Answer(isAccepted);
        }

        _waiting.RemoveRange(0, count);
    }
}
