using Realtime.Channels;

namespace Realtime.Gateway.Protocol;

/// <summary>
/// Where a channel has got since a checkpoint, as ids say it (protocol 1.9). It says the same for all members of the channel, wherever
/// they have begun, except for those who began in another epoch or too long ago.
/// </summary>
/// <param name="Offset">The offset, or no more than its lower bits where the rest follows from where the channel was.</param>
/// <param name="Epoch">The epoch; null if the channel is in the same one, and not far from where it was.</param>
internal readonly record struct ResumeStep(long Offset, long? Epoch)
{
    /// <summary>Most bytes that it takes.</summary>
    public const int MaxBytes = 2 * VarInt.MaxLength;

    /// <summary>Most characters that its text takes.</summary>
    public static readonly int MaxTextLength = CheckedText.LengthOf(MaxBytes);

    // Takes three bytes at most, with the bit that tells it from a whole offset.
    private const int NearBits = 20;
    private const int MaxNearBytes = 3;
    private const long Near = 1L << NearBits;

    /// <summary>Whether it says no more than is needed near the place where the channel was.</summary>
    public bool IsNear => Epoch is null;

    /// <summary>The step from one position to another.</summary>
    /// <param name="base">Where the channel was at the checkpoint.</param>
    /// <param name="current">Where it is.</param>
    public static ResumeStep Between(ChannelPosition @base, ChannelPosition current) =>
        To(current, isNear: current.Epoch == @base.Epoch && current.Offset - @base.Offset < Near);

    /// <summary>The step to a position.</summary>
    /// <param name="current">Where the channel is.</param>
    /// <param name="isNear">Whether it was not far from there.</param>
    public static ResumeStep To(ChannelPosition current, bool isNear) =>
        isNear ? new ResumeStep(current.Offset & (Near - 1), null) : new ResumeStep(current.Offset, current.Epoch);

    /// <summary>Where the channel is.</summary>
    /// <param name="base">Where it was at the checkpoint.</param>
    public ChannelPosition From(ChannelPosition @base) => Epoch is { } epoch
        ? new ChannelPosition(epoch, Offset)
        : @base with { Offset = @base.Offset + ((Offset - @base.Offset) & (Near - 1)) };

    /// <summary>Most characters that the texts of steps take that lead no further.</summary>
    public int MaxTextLengthUpToHere() => CheckedText.LengthOf(IsNear ? MaxNearBytes : Write(stackalloc byte[MaxBytes]));

    /// <summary>Writes it; returns its length.</summary>
    public int Write(Span<byte> destination)
    {
        var length = VarInt.Write(destination, (Offset << 1) | (IsNear ? 0L : 1L));
        return Epoch is { } epoch ? length + VarInt.Write(destination[length..], epoch) : length;
    }

    /// <summary>Writes it as text, which can be the last part of an id; returns its length.</summary>
    public int WriteText(Span<byte> destination)
    {
        Span<byte> content = stackalloc byte[MaxBytes + CheckedText.ChecksumLength];
        return CheckedText.Encode(content, Write(content), destination);
    }

    /// <summary>Reads one and goes past it; false if there is none.</summary>
    public static bool TryRead(ref ReadOnlySpan<byte> source, out ResumeStep step)
    {
        step = default;
        if (!VarInt.TryRead(ref source, out var offset))
        {
            return false;
        }

        var epoch = 0L;
        var isFar = (offset & 1) != 0;
        if (isFar && !VarInt.TryRead(ref source, out epoch))
        {
            return false;
        }

        step = new ResumeStep(offset >> 1, isFar ? epoch : null);
        return true;
    }
}
