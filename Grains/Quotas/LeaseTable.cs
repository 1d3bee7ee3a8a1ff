namespace Realtime.Quotas;

/// <summary>The arithmetic of one tenant's connection slots: what each gateway holds, and what is left of the limit.</summary>
internal sealed class LeaseTable(TimeProvider time)
{
    /// <summary>How long a gateway's statement holds.</summary>
    public static readonly TimeSpan Lease = TimeSpan.FromSeconds(15);

    // Longer than any silo may be frozen and still run calls.
    private static readonly TimeSpan StatementMemory = TimeSpan.FromMinutes(5);

    private readonly Dictionary<string, Entry> _entries = new(StringComparer.Ordinal);

    // The latest statements of gateways. They outlive leases: what was overtaken may come long after.
    private readonly Dictionary<string, (long Number, long At)> _statements = new(StringComparer.Ordinal);

    // Gateways whose slots may have been given to others, with how many others have got since.
    private readonly Dictionary<string, int> _lapsed = new(StringComparer.Ordinal);

    /// <summary>Slots that may be in use. Lowering it takes none away.</summary>
    public int Limit { get; set; }

    /// <summary>Slots in use, as far as gateways have stated.</summary>
    public int InUse
    {
        get
        {
            RemoveExpired();
            return _entries.Values.Sum(static entry => entry.Held ?? 0);
        }
    }

    /// <summary>A gateway exists that may hold slots: nothing is granted until it has stated how many, or a lease has passed.</summary>
    public void Expect(string gateway) => _entries.TryAdd(gateway, new Entry(null, time.GetTimestamp()));

    /// <summary>Takes the answer of an expected gateway. Too late if it has synchronised since: that is newer.</summary>
    public void Answer(string gateway, int held)
    {
        if (_entries.TryGetValue(gateway, out var entry) && entry.Held is null)
        {
            _entries[gateway] = new Entry(Math.Max(0, held), time.GetTimestamp());
        }
    }

    /// <summary>Slots of a gateway may have been given to others.</summary>
    public void Lapse(string gateway) => _lapsed.TryAdd(gateway, 0);

    /// <summary>Other gateways that slots are kept for, as far as they have stated them.</summary>
    public string[] GetOthers(string gateway)
    {
        RemoveExpired();
        return [.. _entries.Where(entry => entry.Key != gateway && entry.Value.Held > 0).Select(static entry => entry.Key)];
    }

    /// <summary>Takes the answer of a gateway that was asked whether it still holds its slots: never more than it has stated.</summary>
    public void Confirm(string gateway, int held)
    {
        if (_entries.TryGetValue(gateway, out var entry) && entry.Held is { } stated)
        {
            _entries[gateway] = new Entry(Math.Clamp(held, 0, stated), time.GetTimestamp());
        }
    }

    /// <summary>Replaces what a gateway holds by its own statement, then grants what is left of what it wants.</summary>
    /// <param name="gateway">Id of the gateway.</param>
    /// <param name="held">Slots that it holds.</param>
    /// <param name="wanted">Slots that it wants in addition.</param>
    /// <param name="statement">Number of the statement, see <see cref="IPlanQuotaGrain.SyncAsync"/>.</param>
    public SlotGrant Sync(string gateway, int held, int wanted, long statement = 0)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(held);
        ArgumentOutOfRangeException.ThrowIfNegative(wanted);
        RemoveExpired();
        if (!TryTake(gateway, statement))
        {
            return new SlotGrant(0, IsUndecided: true);
        }

        _entries[gateway] = new Entry(held, time.GetTimestamp());
        var free = Limit - InUse;
        if (_lapsed.TryGetValue(gateway, out var taken) && Revoke(gateway, held, free, taken) is { } revocation)
        {
            return revocation;
        }

        if (free > 0 && wanted > 0 && _entries.Values.Any(static entry => entry.Held is null))
        {
            return new SlotGrant(0, IsUndecided: true);
        }

        var granted = Math.Clamp(wanted, 0, Math.Max(0, free));
        foreach (var lapsed in _lapsed.Keys)
        {
            // Changing a value during enumeration is allowed and doesn't disturb it.
            _lapsed[lapsed] += granted;
        }

        if (held + granted == 0)
        {
            _entries.Remove(gateway);
        }
        else
        {
            _entries[gateway] = new Entry(held + granted, time.GetTimestamp());
        }

        return new SlotGrant(granted, IsUndecided: false);
    }

    /// <summary>
    /// Takes back what others got while a gateway was away, as often as it states too much. A slot counts until it has said
    /// that it is free.
    /// </summary>
    private SlotGrant? Revoke(string gateway, int held, int free, int taken)
    {
        if (_entries.Values.All(static entry => entry.Held is not null))
        {
            // No more than that: a limit that was lowered takes nothing away.
            int[] bounds = [held, -free, InUse - held, taken];
            var revoked = bounds.Min();
            if (revoked > 0)
            {
                return new SlotGrant(0, IsUndecided: false) { Revoked = revoked };
            }

            _lapsed.Remove(gateway);
        }

        return null;
    }

    /// <summary>Notes the number of a statement; false if a later one has been taken.</summary>
    private bool TryTake(string gateway, long statement)
    {
        if (statement == 0)
        {
            return true;
        }

        var isLatest = statement >= _statements.GetValueOrDefault(gateway).Number;
        if (isLatest)
        {
            _statements[gateway] = (statement, time.GetTimestamp());
        }

        return isLatest;
    }

    private void RemoveExpired()
    {
        foreach (var (gateway, statement) in _statements)
        {
            if (time.GetElapsedTime(statement.At) >= StatementMemory)
            {
                _statements.Remove(gateway);
            }
        }

        foreach (var (gateway, entry) in _entries)
        {
            if (time.GetElapsedTime(entry.StatedAt) >= Lease)
            {
                // Removing during enumeration is allowed and doesn't disturb it.
                _entries.Remove(gateway);
                Lapse(gateway);
            }
        }
    }

    /// <summary>What a gateway holds (null: not stated yet), and since when that is known.</summary>
    private readonly record struct Entry(int? Held, long StatedAt);
}
