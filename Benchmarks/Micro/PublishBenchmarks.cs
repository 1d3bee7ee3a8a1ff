using System.Collections.Immutable;
using System.Security.Cryptography;
using BenchmarkDotNet.Attributes;
using Realtime.Channels;
using Realtime.Silo;

namespace Realtime.Benchmarks.Micro;

/// <summary>A call to a channel's grain in an all-in-one process: ordering without members, so without inboxes.</summary>
public class PublishBenchmarks
{
    private readonly string _folder = Directory.CreateTempSubdirectory("realtime-micro-").FullName;
    private WebApplication? _silo;
    private IChannelGrain? _channel;
    private ImmutableArray<ReadOnlyMemory<byte>> _payloads;
    private long _sequence = 1;

    /// <summary>Messages of one call.</summary>
    [Params(1, 64)]
    public int Batch { get; set; }

    /// <summary>Starts the process's silo.</summary>
    [GlobalSetup]
    public async Task SetupAsync()
    {
        _payloads = [.. Enumerable.Repeat<ReadOnlyMemory<byte>>(new byte[160], Batch)];
        _silo = SiloHost.Build([
            "--urls", "http://127.0.0.1:0",
            "--Realtime:DataFolder", _folder,
            "--Realtime:SigningKeys:0:Id", "micro",
            "--Realtime:SigningKeys:0:Secret", Convert.ToBase64String(RandomNumberGenerator.GetBytes(32)),
            "--Logging:LogLevel:Default", "Warning",
        ]);
        await _silo.StartAsync();
        _channel = _silo.Services.GetRequiredService<IGrainFactory>().GetGrain<IChannelGrain>(ChannelKey.Create("micro", "lobby"));
    }

    /// <summary>Stops it.</summary>
    [GlobalCleanup]
    public async Task CleanupAsync()
    {
        await _silo!.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    /// <summary>One call.</summary>
    [Benchmark]
    public async Task<PublishReceipt> Publish()
    {
        _sequence += Batch;
        return await _channel!.PublishAsync(new PublishBatch("micro", _sequence - Batch, _payloads, IsRepeated: false, KnownEpoch: 0));
    }
}
