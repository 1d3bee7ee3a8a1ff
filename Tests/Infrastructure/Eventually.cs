namespace Realtime.Tests.Infrastructure;

/// <summary>Waits for what another thread is about to do.</summary>
internal static class Eventually
{
    /// <summary>How long anything may take before the test has failed.</summary>
    public static readonly TimeSpan Bound = TimeSpan.FromSeconds(20);

    /// <summary>
    /// For what the protocol wants within a second or two: enough on a busy machine, and less than the leases of 15 s
    /// that would mend it in the end.
    /// </summary>
    public static readonly TimeSpan Soon = TimeSpan.FromSeconds(8);

    /// <summary>Returns as soon as the condition holds.</summary>
    /// <param name="condition">The condition.</param>
    /// <param name="what">What is waited for, for the message of the timeout.</param>
    public static Task TrueAsync(Func<bool> condition, string what) => TrueAsync(() => Task.FromResult(condition()), what);

    /// <summary>Returns as soon as the condition holds.</summary>
    /// <param name="condition">The condition.</param>
    /// <param name="what">What is waited for, for the message of the timeout.</param>
    /// <param name="bound">How long it may take; <see cref="Bound"/> if null.</param>
    public static async Task TrueAsync(Func<Task<bool>> condition, string what, TimeSpan? bound = null)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(5));
        var started = TimeProvider.System.GetTimestamp();
        while (!await condition())
        {
            Assert.True(TimeProvider.System.GetElapsedTime(started) < (bound ?? Bound), $"waited in vain for {what}");
            await timer.WaitForNextTickAsync();
        }
    }
}
