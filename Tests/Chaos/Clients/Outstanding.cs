using Realtime.Tests.Chaos.History;

namespace Realtime.Tests.Chaos.Clients;

/// <summary>
/// Messages of one connection that wait for their reply. <c>ok</c> doesn't say which message it is for; a connection
/// sends into one channel only, whose replies come in the order of sending (protocol 1.4.4).
/// </summary>
internal sealed class Outstanding(ChannelHistory history)
{
    // Longer than any call of the backend goes on after its caller has been answered.
    private static readonly TimeSpan Doubt = TimeSpan.FromSeconds(60);

    private readonly Lock _lock = new();
    private readonly Queue<Publication> _waiting = new();
    private int _abandoned;
    private TimeSpan _doubtfulUntil;

    /// <summary>How many wait.</summary>
    public int Count
    {
        get
        {
            lock (_lock)
            {
                return _waiting.Count;
            }
        }
    }

    /// <summary>When the one that waits longest was sent; null if none does.</summary>
    public TimeSpan? OldestSentAt
    {
        get
        {
            lock (_lock)
            {
                return _waiting.TryPeek(out var oldest) ? oldest.SentAt : null;
            }
        }
    }

    /// <summary>States that a message is about to be sent.</summary>
    public void Add(Publication publication)
    {
        lock (_lock)
        {
            _waiting.Enqueue(history.Send(publication));
        }
    }

    /// <summary>Takes back what waits: it never left.</summary>
    public void Withdraw()
    {
        lock (_lock)
        {
            _waiting.Clear();
        }
    }

    /// <summary>
    /// Waits no longer: a process that was lost has taken the command, or its reply, along. Should there be a reply after all,
    /// replies can't be told apart, so for a while they acknowledge nothing.
    /// </summary>
    /// <param name="at">The time.</param>
    public void Abandon(TimeSpan at)
    {
        lock (_lock)
        {
            _abandoned += _waiting.Count;
            _waiting.Clear();
            _doubtfulUntil = at + Doubt;
        }
    }

    /// <summary>Takes a reply.</summary>
    /// <param name="isOk">Whether it is <c>ok</c>; after an error nobody knows whether the message was accepted.</param>
    /// <param name="at">When it was read.</param>
    /// <param name="publication">The message that it is for; null if that isn't known.</param>
    /// <returns>False if none was waited for.</returns>
    public bool TryAnswer(bool isOk, TimeSpan at, out Publication? publication)
    {
        lock (_lock)
        {
            var isDoubtful = at < _doubtfulUntil && _abandoned > 0;
            if (!_waiting.TryDequeue(out publication))
            {
                _abandoned -= isDoubtful ? 1 : 0;
                return isDoubtful;
            }

            if (isOk && !isDoubtful)
            {
                history.Acknowledge(publication, at);
            }

            return true;
        }
    }
}
