using Realtime.Benchmarks.Load.Clients;
using Realtime.Benchmarks.Load.Dialects;
using Realtime.Benchmarks.Load.Measures;

namespace Realtime.Tests.Load;

public sealed class TallyTests
{
    private const uint Channel = 7;
    private const uint Publisher = (Channel << 8) | 1;

    private readonly Tally _tally = new();
    private readonly Client _client = new(
        0, new NchanDialect(), new ClientRole(new Uri("http://localhost"), (int)Channel, "seven", true, -1, ""), publishers: 2);

    public TallyTests() => _tally.Begin(0, TimeSpan.FromSeconds(1));

    [Fact]
    public void Tally_IsClean_WhenEachNumberCameOnceAndInOrder()
    {
        _tally.Expected = 3;

        Deliver(1, 2, 3);

        Assert.True(_tally.IsClean);
        Assert.Equal(3, _tally.Latencies.Count);
    }

    [Fact]
    public void Tally_TellsWhatIsLost()
    {
        _tally.Expected = 3;

        Deliver(1, 3);

        Assert.Equal((2, 0, 0), (_tally.Received, _tally.Duplicates, _tally.Reordered));
        Assert.False(_tally.IsClean);
    }

    [Fact]
    public void Tally_TellsWhatCameTwice_AndWhatCameLate()
    {
        _tally.Expected = 4;

        Deliver(1, 3, 2, 2, 3, 4);

        Assert.Equal((4, 2, 1), (_tally.Received, _tally.Duplicates, _tally.Reordered));
    }

    [Fact]
    public void Tally_TellsWhatCameToTheWrongChannel()
    {
        _tally.Add(_client, new Marker((Channel + 1) << 8, 1, 0), 0);

        Assert.Equal((0, 1), (_tally.Received, _tally.Misdelivered));
    }

    [Fact]
    public void Latency_IsCounted_OnlyOfWhatWasDueInTheWindow()
    {
        _tally.Add(_client, new Marker(Publisher, 1, 999_999), 1_002_999);
        _tally.Add(_client, new Marker(Publisher, 2, 1_000_000), 9_000_000);

        Assert.Equal(1, _tally.Latencies.Count);
        Assert.InRange(_tally.Latencies.Quantile(1), 2.95, 3.05);
    }

    [Fact]
    public void Marker_IsFoundAgain_AndNothingElseIsTakenForOne()
    {
        var bytes = new byte[Marker.Length];
        var marker = new Marker(0x12345678, uint.MaxValue, 0x9abcdef0);
        marker.Write(bytes);

        Assert.True(Marker.TryRead(bytes, out var read));
        Assert.Equal(marker, read);
        bytes[5] = (byte)'q';
        Assert.False(Marker.TryRead(bytes, out _));
    }

    [Fact]
    public void Quantiles_AreWithinTwoPercent()
    {
        var latencies = new LatencyHistogram();
        for (uint i = 1; i <= 100_000; i++)
        {
            latencies.Add(i);
        }

        Assert.InRange(latencies.Quantile(0.5), 49, 51);
        Assert.InRange(latencies.Quantile(0.99), 97.5, 100.5);
    }

    [Fact]
    public void ChunkedBody_IsUnwrapped_HoweverItIsCut()
    {
        var wire = "5\r\nhello\r\n10;x=y\r\n0123456789abcdef\r\n"u8.ToArray();
        for (var cut = 0; cut <= wire.Length; cut++)
        {
            var position = new ChunkPosition();
            var (first, second) = (wire[..cut], wire[cut..]);
            byte[] body = [.. first[..position.Unwrap(first)], .. second[..position.Unwrap(second)]];

            Assert.Equal("hello0123456789abcdef"u8.ToArray(), body);
        }
    }

    private void Deliver(params uint[] numbers)
    {
        foreach (var number in numbers)
        {
            _tally.Add(_client, new Marker(Publisher, number, 0), 1);
        }
    }
}
