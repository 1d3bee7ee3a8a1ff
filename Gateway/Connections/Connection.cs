using System.Text;
using Realtime.Gateway.Channels;
using Realtime.Gateway.Protocol;
using Realtime.Gateway.Sessions;

namespace Realtime.Gateway.Connections;

/// <summary>
/// One SSE stream or WebSocket: who it belongs to, what it is a member of, and what waits to be written to it.
/// </summary>
/// <remarks>
/// Identity and memberships change only under <see cref="EnterAsync"/>. <see cref="Send(OutboundMessage)"/> and <see cref="End"/> may be
/// called by anyone at any time.
/// </remarks>
internal sealed partial class Connection : IDisposable
{
    private readonly CancellationTokenSource _aborted = new();
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _endReason = -1;
    private bool _isClosed;
    private Action? _releaseSlot;
    private DateTimeOffset _lastHeartbeat;

    public Connection(TransportKind transport, string? database, LimitOptions limits, TimeProvider time, SessionSecret? secret = null)
    {
        Secret = secret ?? SessionSecret.Create();
        Sid = Secret.Sid;
        SidText = Sid.ToString("D");
        SidBytes = Encoding.ASCII.GetBytes(SidText);
        Transport = transport;
        Database = database;
        OpenedAt = time.GetUtcNow();
        _lastHeartbeat = OpenedAt;
        Outbox = new Outbox(limits.OutboxBytes);
        Aborted = _aborted.Token;
        _maxQueuedBytes = limits.QueuedCommandBytes;
        _maxPublications = limits.MaxPublicationsInFlight;
        _publications = new SemaphoreSlim(_maxPublications);
        _commands = new TokenBucket(limits.CommandBurst, limits.CommandsPerSecond, time);
    }

    /// <summary>What its client can come back with (protocol 1.9).</summary>
    public SessionSecret Secret { get; }

    /// <summary>The sid: as good as a random UUID of version 4 (protocol 1.5).</summary>
    public Guid Sid { get; }

    public string SidText { get; }

    /// <summary>The sid in ASCII, 36 bytes.</summary>
    public ReadOnlyMemory<byte> SidBytes { get; }

    public TransportKind Transport { get; }

    /// <summary>Public key of its database; null for a WebSocket that named none and has not authenticated.</summary>
    public string? Database { get; private set; }

    /// <summary>The user it acts as; null while it isn't bound.</summary>
    public CallerIdentity? Identity { get; private set; }

    /// <summary>The user it was last bound to. It stays when the binding ends: once bound, always owned (protocol 1.5).</summary>
    public string? OwnerId { get; private set; }

    public DateTimeOffset OpenedAt { get; }

    /// <summary>When the session token that it is bound by expires.</summary>
    public DateTimeOffset TokenExpiresAt { get; private set; }

    public Outbox Outbox { get; }

    /// <summary>Since when its session has no stream; null while it has one.</summary>
    public DateTimeOffset? AbsentSince { get; set; }

    /// <summary>Its channels by name.</summary>
    public Dictionary<string, Membership> Memberships { get; } = new(0, StringComparer.Ordinal);

    /// <summary>The tenant whose slot it holds or held; null before it has one.</summary>
    public string? TenantId { get; private set; }

    /// <summary>Whether it is the first to close the connection.</summary>
    public bool TryClose() => !Interlocked.Exchange(ref _isClosed, true);

    /// <summary>Whether it holds a slot.</summary>
    public bool HasSlot => Volatile.Read(ref _releaseSlot) is not null;

    /// <summary>States whose slot it holds, and how that is given back.</summary>
    public void HoldSlot(string tenantId, Action<string> release)
    {
        TenantId = tenantId;
        _releaseSlot = () => release(tenantId);
    }

    /// <summary>States whose slot it would hold.</summary>
    public void HoldNoSlot(string tenantId) => TenantId = tenantId;

    /// <summary>Gives the slot back, once, if it holds one.</summary>
    public void ReleaseSlot() => Interlocked.Exchange(ref _releaseSlot, null)?.Invoke();

    /// <summary>Takes the slot from it, for another; false if it holds none.</summary>
    public bool TryTakeSlot() => Interlocked.Exchange(ref _releaseSlot, null) is not null;

    /// <summary>Set when nothing more is to be read, written or begun.</summary>
    public CancellationToken Aborted { get; }

    /// <summary>Completes when the connection is to end; what waits in the outbox may still be written.</summary>
    public Task Ended => _ended.Task;

    /// <summary>Why it ended, or null while it lives.</summary>
    public EndReason? EndReason => Volatile.Read(ref _endReason) is var reason and >= 0 ? (EndReason)reason : null;

    /// <summary>Whether a heartbeat is due; if so, the next one is due an interval later.</summary>
    public bool IsHeartbeatDue(DateTimeOffset now, TimeSpan interval)
    {
        if (now - _lastHeartbeat < interval)
        {
            return false;
        }

        _lastHeartbeat = now;
        return true;
    }

    /// <summary>Ends the connection. The first reason counts.</summary>
    public void End(EndReason reason)
    {
        if (Interlocked.CompareExchange(ref _endReason, (int)reason, -1) != -1)
        {
            return;
        }

        if (reason == Connections.EndReason.SlowReader)
        {
            Outbox.Clear();
        }

        Outbox.Complete();
        _ended.TrySetResult();
    }

    /// <summary>Cuts the connection off, whatever it is doing.</summary>
    public void Abort()
    {
        End(Connections.EndReason.ClientLeft);
        try
        {
            // Not here: who aborts a connection may hold a lock that its clean-up needs.
            _ = _aborted.CancelAsync();
        }
        catch (ObjectDisposedException)
        {
            // It has ended meanwhile.
        }
    }

    /// <summary>Fixes the database of a WebSocket that named none.</summary>
    public void AssignDatabase(string database) => Database = database;

    /// <summary>Binds the connection to a user.</summary>
    public void Bind(CallerIdentity identity, DateTimeOffset tokenExpiresAt)
    {
        Identity = identity;
        OwnerId = identity.UserId;
        TokenExpiresAt = tokenExpiresAt;
    }

    /// <summary>Says that it is bound.</summary>
    public void ConfirmBinding(OutboundMessage reply)
    {
        if (Session is { } session)
        {
            session.Bind(TenantId!, Identity!, TokenExpiresAt, reply);
        }
        else
        {
            Send(reply);
        }
    }

    /// <summary>Takes over a newer version of the same identity.</summary>
    public void Refresh(CallerIdentity identity)
    {
        Identity = identity;
        Session?.Refresh(identity, TokenExpiresAt);
    }

    /// <summary>Ends the binding and all memberships; the connection stays its last user's.</summary>
    public void Unbind()
    {
        Identity = null;

        // Nobody may go on with it as one without channels.
        Session?.Unbind();
        LeaveAll();
    }

    /// <summary>Ends all memberships.</summary>
    public void LeaveAll()
    {
        StopListening();
        Session?.LeaveAll();
    }

    /// <summary>Gets nothing of its channels any more; its session may go on with them.</summary>
    public void StopListening()
    {
        lock (Memberships)
        {
            foreach (var membership in Memberships.Values)
            {
                membership.Subscription.Leave(this);
            }

            Memberships.Clear();
        }
    }

    public void Dispose()
    {
        // The semaphores hold no handle, and a late publication may still release one.
        _aborted.Dispose();
    }
}
