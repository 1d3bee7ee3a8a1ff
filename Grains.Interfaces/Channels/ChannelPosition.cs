namespace Realtime.Channels;

/// <summary>Where a subscriber stands in a channel. Offsets of one epoch are consecutive; epochs can't be compared.</summary>
/// <param name="Epoch">Identifies one unbroken numbering; a new activation of the channel has a new one.</param>
/// <param name="Offset">Number of the last publication; 0 before the first.</param>
[GenerateSerializer, Immutable, Alias("realtime.ChannelPosition")]
public readonly record struct ChannelPosition(long Epoch, long Offset);
