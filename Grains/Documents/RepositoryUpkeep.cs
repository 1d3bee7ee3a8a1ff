namespace Realtime.Documents;

/// <summary>
/// What a repository's activation does beside its calls while it has members: it stays, drops gateways that are gone, and
/// looks for changes that it didn't make. Those are another activation's, of a silo that was lost or taken for lost, or of
/// a commit that was given up; without a look their events would wait for the next write.
/// </summary>
/// <param name="grain">The activation.</param>
/// <param name="delayDeactivation">Keeps it.</param>
/// <param name="announcer">Who tells the members.</param>
/// <param name="writes">Its writes.</param>
/// <param name="readPosition">Asks the store for the repository's position.</param>
/// <param name="period">Time between two looks when nothing points to such changes.</param>
internal sealed class RepositoryUpkeep(
    IGrainBase grain,
    Action<TimeSpan> delayDeactivation,
    RepositoryAnnouncer announcer,
    WriteGroup writes,
    Func<CancellationToken, Task<Result<long>>> readPosition,
    TimeSpan period)
{
    private static readonly TimeSpan FirstLook = TimeSpan.FromSeconds(1);

    private IGrainTimer? _timer;
    private TimeSpan _wait;

    /// <summary>Stays as long as there are members, and no longer.</summary>
    public void KeepWhileNeeded()
    {
        if (!announcer.HasMembers)
        {
            _timer?.Dispose();
            _timer = null;
            delayDeactivation(TimeSpan.Zero);
        }
        else if (_timer is null)
        {
            // A new activation would know no members and announce nothing until they are stated again.
            delayDeactivation(Timeout.InfiniteTimeSpan);
            _wait = period;
            _timer = grain.RegisterGrainTimer(
                RunAsync, new GrainTimerCreationOptions(period, period) { Interleave = true });
        }
    }

    /// <summary>
    /// Looks in a second, and again each time after twice as long: something was lost, and a transaction that is under way
    /// somewhere becomes durable when it likes.
    /// </summary>
    public void LookSoon() => WaitFor(FirstLook);

    private void WaitFor(TimeSpan wait)
    {
        _wait = wait < period ? wait : period;

        // Many repositories are stated again at once when a silo is lost.
        _timer?.Change(_wait * (0.75 + (0.5 * Random.Shared.NextDouble())), period);
    }

    private async Task RunAsync(CancellationToken cancellationToken)
    {
        WaitFor(_wait * 2);
        announcer.Prune();
        announcer.Mark();
        KeepWhileNeeded();
        if (!announcer.HasMembers || !writes.IsIdle)
        {
            return;
        }

        var position = await readPosition(cancellationToken);
        if (position.Error is null && writes.IsIdle)
        {
            announcer.SkipTo(position.Value);
        }
    }
}
