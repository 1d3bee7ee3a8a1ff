using Realtime.Gateway.Connections;
using Realtime.Gateway.Protocol;

namespace Realtime.Gateway.Channels;

/// <summary>A connection that waits to become a member, until the grain has heard of it.</summary>
/// <typeparam name="TState">What is known of the membership to be.</typeparam>
internal sealed class PendingJoin<TState>(Connection connection, int slot, TState state, OutboundMessage? reply)
{
    // Long enough for a grain to move to another silo, short enough for a client that waits.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    private const int Undecided = 0;
    private const int Admitted = 1;
    private const int GivenUp = 2;

    private readonly TaskCompletionSource<bool> _outcome = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private int _decision;

    public Connection Connection => connection;

    /// <summary>The session's number of the membership.</summary>
    public int Slot => slot;

    public TState State => state;

    /// <summary>Sent at the moment the membership begins; null if nobody waits for it.</summary>
    public OutboundMessage? Reply => reply;

    /// <summary>Whether it has been given up.</summary>
    public bool IsOver => Volatile.Read(ref _decision) != Undecided;

    /// <summary>Decides that it becomes a member; false if it has been given up.</summary>
    public bool TryAdmit() => Interlocked.CompareExchange(ref _decision, Admitted, Undecided) == Undecided;

    /// <summary>States that it is one.</summary>
    public void Complete() => _outcome.TrySetResult(true);

    /// <summary>Waits for the decision, and gives up when the grain can't be reached.</summary>
    /// <returns>Whether the connection has become a member.</returns>
    public async Task<bool> WaitAsync()
    {
        try
        {
            return await _outcome.Task.WaitAsync(Patience);
        }
        catch (TimeoutException)
        {
            return Interlocked.CompareExchange(ref _decision, GivenUp, Undecided) != Undecided && await _outcome.Task;
        }
    }
}

/// <summary>Joins that wait for the grain. Not safe for concurrent use.</summary>
/// <typeparam name="TState">What is known of each membership to be.</typeparam>
internal sealed class PendingJoins<TState>
{
    private readonly List<PendingJoin<TState>> _waiting = [];

    public void Add(PendingJoin<TState> join) => _waiting.Add(join);

    /// <summary>Takes those that still wait, to state them to the grain.</summary>
    public List<PendingJoin<TState>> TakeAll()
    {
        List<PendingJoin<TState>> taken = [.. _waiting.Where(static join => !join.IsOver)];
        _waiting.Clear();
        return taken;
    }

    /// <summary>Puts back what the grain hasn't heard.</summary>
    public void Return(List<PendingJoin<TState>> joins) => _waiting.InsertRange(0, joins);
}
