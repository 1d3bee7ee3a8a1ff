namespace Realtime.Channels;

/// <summary>
/// Where a subscriber stands in a channel. Offsets of one epoch rise; all positions of a channel are ordered by epoch,
/// then by offset, and every publication's predecessor is named with it (<see cref="Gateways.ChannelPublications"/>).
/// </summary>
/// <param name="Epoch">Identifies one numbering: a new activation of the channel has a new, higher one. 0: nowhere.</param>
/// <param name="Offset">Number of the last publication; 0 before the first.</param>
[GenerateSerializer, Immutable, Alias("realtime.ChannelPosition")]
public readonly record struct ChannelPosition(long Epoch, long Offset) : IComparable<ChannelPosition>
{
    /// <inheritdoc/>
    public int CompareTo(ChannelPosition other) =>
        Epoch != other.Epoch ? Epoch.CompareTo(other.Epoch) : Offset.CompareTo(other.Offset);

    /// <summary>Whether the left one comes first.</summary>
    public static bool operator <(ChannelPosition left, ChannelPosition right) => left.CompareTo(right) < 0;

    /// <summary>Whether the left one comes later.</summary>
    public static bool operator >(ChannelPosition left, ChannelPosition right) => left.CompareTo(right) > 0;

    /// <summary>Whether the left one comes first or both are the same.</summary>
    public static bool operator <=(ChannelPosition left, ChannelPosition right) => left.CompareTo(right) <= 0;

    /// <summary>Whether the left one comes later or both are the same.</summary>
    public static bool operator >=(ChannelPosition left, ChannelPosition right) => left.CompareTo(right) >= 0;
}
