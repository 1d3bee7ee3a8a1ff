using System.Buffers;
using System.Runtime.CompilerServices;
using Orleans.Serialization.Buffers;
using Orleans.Serialization.Codecs;
using Orleans.Serialization.WireProtocol;

namespace Realtime;

/// <summary>
/// Reads bytes that another process has written as one piece. Orleans (10.4) writes a <see cref="ReadOnlyMemory{T}"/> element by element,
/// each with a header.
/// </summary>
/// <remarks>
/// It takes the place of Orleans' own codec, which can't be done for bytes alone. What was written element by element is read as before.
/// </remarks>
/// <typeparam name="T">Kind of the elements.</typeparam>
/// <param name="elements">Reads and writes elements.</param>
[RegisterSerializer]
public sealed class MemoryCodec<T>(IFieldCodec<T> elements) : IFieldCodec<ReadOnlyMemory<T>>
{
    private readonly ReadOnlyMemoryCodec<T> _elements = new(elements);

    /// <inheritdoc/>
    public void WriteField<TBufferWriter>(ref Writer<TBufferWriter> writer, uint fieldIdDelta, Type? expectedType, ReadOnlyMemory<T> value)
        where TBufferWriter : IBufferWriter<byte>
    {
        // In one piece once all processes that are running read that.
        _elements.WriteField(ref writer, fieldIdDelta, expectedType, value);
    }

    /// <inheritdoc/>
    public ReadOnlyMemory<T> ReadValue<TInput>(ref Reader<TInput> reader, Field field)
    {
        if (typeof(T) != typeof(byte) || field.WireType != WireType.LengthPrefixed)
        {
            return _elements.ReadValue(ref reader, field);
        }

        ReferenceCodec.MarkValueField(reader.Session);
        ReadOnlyMemory<byte> bytes = reader.ReadBytes(reader.ReadVarUInt32());
        return Unsafe.As<ReadOnlyMemory<byte>, ReadOnlyMemory<T>>(ref bytes);
    }
}
