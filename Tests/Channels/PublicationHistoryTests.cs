using Realtime.Channels;

namespace Realtime.Tests.Channels;

public sealed class PublicationHistoryTests
{
    [Fact]
    public void Read_ReturnsEverythingAfterAnOffset()
    {
        var history = new PublicationHistory(maxCount: 10, maxBytes: 1000);
        Append(history, 5);

        var read = history.ReadAfter(2);

        Assert.Equal([3, 4, 5], read!.Value.Select(static payload => (int)payload.Span[0]));
    }

    [Fact]
    public void Read_ReturnsNothing_WhenNothingIsNewer()
    {
        var history = new PublicationHistory(maxCount: 10, maxBytes: 1000);
        Append(history, 5);

        Assert.Empty(history.ReadAfter(5)!.Value);
    }

    [Theory]
    [InlineData(3, 1000)]
    [InlineData(100, 3)]
    public void Read_AdmitsAGap_WhenTheBoundHasDroppedSomething(int maxCount, long maxBytes)
    {
        var history = new PublicationHistory(maxCount, maxBytes);
        Append(history, 5);

        Assert.Null(history.ReadAfter(1));
        Assert.Equal(3, history.ReadAfter(2)!.Value.Length);
    }

    [Fact]
    public void Read_AdmitsAGap_WhenTheReaderIsAheadOfTheHistory()
    {
        var history = new PublicationHistory(maxCount: 10, maxBytes: 1000);
        Append(history, 1);

        Assert.Null(history.ReadAfter(2));
    }

    [Fact]
    public void Append_KeepsNothing_WhenNobodyCanAsk()
    {
        var history = new PublicationHistory(maxCount: 10, maxBytes: 1000);
        Append(history, 2);

        history.Append(new byte[] { 3 }, keep: false);

        Assert.Equal(3, history.LastOffset);
        Assert.Null(history.ReadAfter(1));
        Assert.Null(history.ReadAfter(2));
    }

    private static void Append(PublicationHistory history, int count)
    {
        for (var i = 1; i <= count; i++)
        {
            history.Append(new[] { (byte)i });
        }
    }
}
