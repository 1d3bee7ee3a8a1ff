using System.Buffers.Binary;
using System.Runtime.Intrinsics.X86;

namespace Realtime.Benchmarks.Load.Measures;

/// <summary>
/// What a published message begins with: who sent it, its number, and when it was due. Three numbers of 32 bits as
/// letters after a <c>~</c>, which stands nowhere else in what servers send, so that a receiver finds it without parsing.
/// </summary>
internal readonly record struct Marker(uint Source, uint Number, uint Due)
{
    /// <summary>The first byte.</summary>
    public const byte First = (byte)'~';

    /// <summary>Its length in bytes.</summary>
    public const int Length = 1 + (3 * Letters);

    private const int Letters = 8;
    private const ulong Zeros = 0x6161616161616161; // 'a'
    private const ulong Nibbles = 0x0f0f0f0f0f0f0f0f;

    /// <summary>Writes it.</summary>
    /// <param name="target">At least <see cref="Length"/> bytes.</param>
    public void Write(Span<byte> target)
    {
        target[0] = First;
        Write(target[1..], Source);
        Write(target[(1 + Letters)..], Number);
        Write(target[(1 + (2 * Letters))..], Due);
    }

    /// <summary>Reads one.</summary>
    /// <param name="bytes">At least <see cref="Length"/> bytes, of which the first is <see cref="First"/>.</param>
    /// <param name="marker">What was read.</param>
    /// <returns>False if it is something else.</returns>
    public static bool TryRead(ReadOnlySpan<byte> bytes, out Marker marker)
    {
        var source = BinaryPrimitives.ReadUInt64LittleEndian(bytes[1..]) - Zeros;
        var number = BinaryPrimitives.ReadUInt64LittleEndian(bytes[(1 + Letters)..]) - Zeros;
        var due = BinaryPrimitives.ReadUInt64LittleEndian(bytes[(1 + (2 * Letters))..]) - Zeros;
        marker = new Marker(Pack(source), Pack(number), Pack(due));
        return ((source | number | due) & ~Nibbles) == 0;
    }

    private static void Write(Span<byte> target, uint value)
    {
        var letters = 0UL;
        for (var i = 0; i < Letters; i++)
        {
            letters |= (ulong)((value >> (4 * i)) & 0xf) << (8 * i);
        }

        BinaryPrimitives.WriteUInt64LittleEndian(target, letters + Zeros);
    }

    private static uint Pack(ulong letters)
    {
        if (Bmi2.X64.IsSupported)
        {
            return (uint)Bmi2.X64.ParallelBitExtract(letters, Nibbles);
        }

        var value = 0U;
        for (var i = 0; i < Letters; i++)
        {
            value |= (uint)((letters >> (8 * i)) & 0xf) << (4 * i);
        }

        return value;
    }
}
