namespace Realtime.Providers.PushStreams;

/// <summary>Why events were dropped; a tag of the metric, so a closed set.</summary>
internal enum DropReason
{
    /// <summary>A stream's backlog exceeded its bound.</summary>
    Overflow,

    /// <summary>A subscriber didn't acknowledge within the delivery time.</summary>
    DeliveryFailed,

    /// <summary>The silo was stopping.</summary>
    Stopped,
}
