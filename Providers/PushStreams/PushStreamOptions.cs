namespace Realtime.Providers.PushStreams;

/// <summary>Settings of one push stream provider on a silo.</summary>
public sealed class PushStreamOptions
{
    /// <summary>
    /// Queues of this silo, each pulled by an agent of its own; default 8, at most 1,024. A stream always uses the same queue.
    /// More queues keep streams further apart: while a stream's subscribers are being looked up, its whole queue waits.
    /// An idle queue costs nothing.
    /// </summary>
    public int QueueCount { get; set; } = 8;

    /// <summary>
    /// Events delivered to a subscriber in one call, at most; default 256. One call is in flight per subscription, so this
    /// sets the throughput of a stream.
    /// </summary>
    public int MaxBatchEvents { get; set; } = 256;

    /// <summary>
    /// Tells how many bytes of memory an event holds, about; must be cheap and must not change. Default: 0 for all, so that
    /// only the limits in events apply.
    /// </summary>
    public Func<object, int> SizeOf { get; set; } = static _ => 0;

    /// <summary>
    /// Bytes delivered to a subscriber in one call, at most; default 1 MiB, counted by <see cref="SizeOf"/>. A single larger
    /// event still travels, alone.
    /// </summary>
    public int MaxBatchBytes { get; set; } = 1024 * 1024;

    /// <summary>
    /// Events of one stream waiting on this silo, at most; default 16,384. An event beyond it drops the stream's whole
    /// backlog and takes its place: subscribers see one gap, never a growing delay.
    /// </summary>
    public int MaxPendingEventsPerStream { get; set; } = 16_384;

    /// <summary>
    /// Bytes of one stream waiting on this silo, at most; default 16 MiB. Acts like <see cref="MaxPendingEventsPerStream"/>
    /// and is counted by <see cref="SizeOf"/>.
    /// </summary>
    public long MaxPendingBytesPerStream { get; set; } = 16 * 1024 * 1024;

    /// <summary>
    /// How long delivery of one batch is retried before the stream's backlog is given up; default 3 s. A call already on its
    /// way isn't cut short, so a silent subscriber takes this or Orleans' response timeout, whichever is longer.
    /// </summary>
    public TimeSpan MaxEventDeliveryTime { get; set; } = TimeSpan.FromSeconds(3);

    /// <summary>
    /// Pause before an agent reads again after a read without events, which happens while a stream's subscribers are looked
    /// up; default 5 ms, at least 1 ms. It isn't a polling interval: an agent waits inside its read until an event arrives.
    /// </summary>
    public TimeSpan ReadRetryPeriod { get; set; } = TimeSpan.FromMilliseconds(5);

    /// <summary>
    /// How long an agent waits before it reads again, for each event that it has just read; default 0.5 ms. A read costs the same however
    /// many events it finds, so beyond as many a second as this allows they are delivered in fewer and larger batches. Zero never waits.
    /// </summary>
    public TimeSpan PausePerEvent { get; set; } = TimeSpan.FromMilliseconds(0.5);

    /// <summary>Time between two reads, at most, as far as <see cref="PausePerEvent"/> goes; default 10 ms.</summary>
    public TimeSpan LongestPause { get; set; } = TimeSpan.FromMilliseconds(10);

    /// <summary>How long a stopping silo waits until its events have been delivered; default 5 s. Zero doesn't wait.</summary>
    public TimeSpan DrainTimeout { get; set; } = TimeSpan.FromSeconds(5);
}
