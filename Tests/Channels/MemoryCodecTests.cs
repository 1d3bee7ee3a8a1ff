using System.Collections.Immutable;
using Orleans.Serialization;
using Orleans.Serialization.Buffers;
using Orleans.Serialization.Codecs;
using Orleans.Serialization.Session;
using Realtime.Channels;

namespace Realtime.Tests.Channels;

/// <summary>Bytes that cross to another process.</summary>
public sealed class MemoryCodecTests : IDisposable
{
    private static readonly byte[] Payload = [.. Enumerable.Range(0, 1000).Select(static n => (byte)n)];

    private readonly ServiceProvider _services = new ServiceCollection().AddSerializer().BuildServiceProvider();

    [Fact]
    public void Payloads_AreReadAsTheyWereWritten()
    {
        var serializer = _services.GetRequiredService<Serializer<PublishBatch>>();
        ImmutableArray<ReadOnlyMemory<byte>> payloads = [Payload, ReadOnlyMemory<byte>.Empty, Payload.AsMemory(1, 2)];

        var written = serializer.SerializeToArray(new PublishBatch("gateway", 7, payloads, IsRepeated: false, KnownEpoch: 3));
        var read = serializer.Deserialize(written);

        Assert.InRange(written.Length, Payload.Length, Payload.Length + 200);
        Assert.Equal(payloads.Select(static payload => payload.ToArray()), read!.Payloads.Select(static payload => payload.ToArray()));
        Assert.Equal(3, read.KnownEpoch);
    }

    [Fact]
    public void OtherElements_AreReadAsTheyWereWritten()
    {
        var serializer = _services.GetRequiredService<Serializer<ReadOnlyMemory<string>>>();

        Assert.Equal(["a", "b"], serializer.Deserialize(serializer.SerializeToArray(new[] { "a", "b" })).ToArray());
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Bytes_AreRead_InBothWaysOfWritingThem(bool isOnePiece)
    {
        var sessions = _services.GetRequiredService<SerializerSessionPool>();
        var written = isOnePiece ? WriteInOnePiece(sessions) : WriteElements(sessions);

        using var session = sessions.GetSession();
        var reader = Reader.Create(written, session);
        var codec = _services.GetRequiredService<IFieldCodec<ReadOnlyMemory<byte>>>();

        Assert.Equal(Payload, codec.ReadValue(ref reader, reader.ReadFieldHeader()).ToArray());
    }

    public void Dispose() => _services.Dispose();

    private static byte[] WriteInOnePiece(SerializerSessionPool sessions)
    {
        using var session = sessions.GetSession();
        var writer = Writer.CreatePooled(session);
        writer.WriteFieldHeader(0, typeof(ReadOnlyMemory<byte>), typeof(ReadOnlyMemory<byte>), Orleans.Serialization.WireProtocol.WireType.LengthPrefixed);
        writer.WriteVarUInt32((uint)Payload.Length);
        writer.Write(Payload);
        writer.Commit();
        return writer.Output.ToArray();
    }

    private static byte[] WriteElements(SerializerSessionPool sessions)
    {
        using var session = sessions.GetSession();
        var writer = Writer.CreatePooled(session);
        new ReadOnlyMemoryCodec<byte>(new ByteCodec()).WriteField(ref writer, 0, typeof(ReadOnlyMemory<byte>), Payload);
        writer.Commit();
        return writer.Output.ToArray();
    }
}
