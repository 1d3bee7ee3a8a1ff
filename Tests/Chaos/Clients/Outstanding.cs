using Realtime.Tests.Chaos.History;

namespace Realtime.Tests.Chaos.Clients;

/// <summary>
/// Messages of one connection that wait for their reply. <c>ok</c> doesn't say which message it is for; a connection
/// sends into one channel only, whose replies come in the order of sending (protocol 1.4.4).
/// </summary>
internal sealed class Outstanding(ChannelHistory history)
{
    private readonly Lock _lock = new();
    private readonly Queue<Publication> _waiting = new();

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

    /// <summary>Takes a reply; null if none was waited for.</summary>
    /// <param name="isOk">Whether it is <c>ok</c>; after an error nobody knows whether the message was accepted.</param>
    /// <param name="at">When it was read.</param>
    public Publication? Answer(bool isOk, TimeSpan at)
    {
        lock (_lock)
        {
            if (!_waiting.TryDequeue(out var publication))
            {
                return null;
            }

            if (isOk)
            {
                history.Acknowledge(publication, at);
            }

            return publication;
        }
    }
}
