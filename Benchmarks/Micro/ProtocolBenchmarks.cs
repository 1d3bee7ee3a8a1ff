using System.Text;
using BenchmarkDotNet.Attributes;
using Realtime.Documents;
using Realtime.Gateway.Protocol;

namespace Realtime.Benchmarks.Micro;

/// <summary>Bytes to commands and back, once per message however many receivers it has.</summary>
public class ProtocolBenchmarks
{
    private readonly byte[] _command = Encoding.UTF8.GetBytes(
        $$"""{"type":"chan_in","data":"{{new string('x', 64)}}","channel":"lobby"}""");

    private readonly byte[] _sid = Encoding.UTF8.GetBytes(Guid.NewGuid().ToString());
    private readonly byte[] _data = Encoding.UTF8.GetBytes($"\"{new string('x', 64)}\"");
    private readonly byte[] _document = Encoding.UTF8.GetBytes($$"""{"id":"1","accountId":"2","title":"{{new string('x', 64)}}","done":false}""");
    private readonly byte[] _channel = "\"db-tasks_760_\""u8.ToArray();

    /// <summary>A client's message.</summary>
    [Benchmark]
    public bool Decode() => MessageDecoder.TryDecode(_command, out _);

    /// <summary>A channel's message.</summary>
    [Benchmark]
    public int EncodeChanOut() => MessageEncoder.ChanOut(_sid, _data, "\"lobby\""u8, "lobby").Length;

    /// <summary>A database event.</summary>
    [Benchmark]
    public int EncodeDocumentEvent() => MessageEncoder.DocumentEvent(ChangeKind.Created, _document, _channel).Json.Length;
}
