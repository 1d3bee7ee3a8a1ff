using Microsoft.Extensions.Time.Testing;
using Realtime.Channels;

namespace Realtime.Tests.Channels;

public sealed class PublisherNumbersTests
{
    private readonly FakeTimeProvider _time = new();
    private readonly PublisherNumbers _numbers;

    public PublisherNumbersTests() => _numbers = new PublisherNumbers(_time);

    [Fact]
    public void CountKnown_CountsFromTheFirst()
    {
        _numbers.Note("a", 5);
        _numbers.Note("a", 4);

        Assert.Equal(2, _numbers.CountKnown(Batch("a", 4, "four", "five", "six")));
        Assert.Equal(1, _numbers.CountKnown(Batch("a", 3, "three")));
        Assert.Equal(0, _numbers.CountKnown(Batch("a", 6, "six")));
        Assert.Equal(0, _numbers.CountKnown(Batch("b", 1, "one")));
    }

    [Fact]
    public void Note_ForgetsGateways_ThatHaveNotPublishedForLong()
    {
        _numbers.Note("old", 1);
        _time.Advance(PublisherNumbers.Age);
        _numbers.Note("young", 1);
        _time.Advance(TimeSpan.FromSeconds(1));
        _numbers.Note("now", 1);

        Assert.Equal(2, _numbers.Count);
        Assert.Equal(1, _numbers.CountKnown(Batch("young", 1, "one")));
        Assert.Equal(0, _numbers.CountKnown(Batch("old", 1, "one")));
    }

    private static PublishBatch Batch(string publisher, long sequence, params string[] payloads) =>
        new(publisher, sequence, TestPublications.Payloads(payloads), IsRepeated: false, KnownEpoch: 0);
}
