using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Realtime.Gateways;

namespace Realtime.Channels;

/// <summary>Publications as <see cref="PublicationMemory"/> keeps them.</summary>
/// <param name="At">When they were kept, as a timestamp of the clock.</param>
/// <param name="Previous">Position before the first.</param>
/// <param name="First">Position of the first.</param>
/// <param name="Publisher">Who published them.</param>
/// <param name="Sequence">The publisher's number of the first.</param>
/// <param name="Count">How many they are.</param>
/// <param name="SizeInBytes">What they are charged.</param>
/// <param name="Memory">The payloads, each after its length.</param>
public readonly record struct KeptPublications(
    long At,
    ChannelPosition Previous,
    ChannelPosition First,
    string Publisher,
    long Sequence,
    int Count,
    int SizeInBytes,
    ReadOnlyMemory<byte> Memory)
{
    /// <summary>Bytes that the length of a payload takes.</summary>
    public const int LengthBytes = sizeof(int);

    /// <summary>Position of the last.</summary>
    public ChannelPosition Last => First with { Offset = First.Offset + Count - 1 };

    /// <summary>Number of the last publication at its publisher.</summary>
    public long LastSequence => Sequence + Count - 1;

    /// <summary>The publications of a channel.</summary>
    /// <param name="channel">Grain key of the channel.</param>
    public ChannelPublications Read(string channel)
    {
        var payloads = new ReadOnlyMemory<byte>[Count];
        var rest = Memory;
        for (var i = 0; i < payloads.Length; i++)
        {
            var length = BinaryPrimitives.ReadInt32LittleEndian(rest.Span);
            (payloads[i], rest) = (rest.Slice(LengthBytes, length), rest[(LengthBytes + length)..]);
        }

        return new ChannelPublications(channel, Previous, First, Publisher, Sequence, ImmutableCollectionsMarshal.AsImmutableArray(payloads));
    }
}
