using Microsoft.Extensions.Time.Testing;
using Realtime.Channels;

namespace Realtime.Tests.Channels;

public sealed class PublicationHistoryTests
{
    private static readonly ChannelPosition Start = new(1, 0);

    [Fact]
    public void Read_ReturnsEverythingAfterAPosition()
    {
        var history = New(0);
        history.Append(TestPublications.At(1, 1, "one", "two", "three"));
        history.Append(TestPublications.At(1, 4, "four"));

        Assert.Equal(["one", "two", "three", "four"], history.ReadAfter(Start)!.Value.Texts());
        Assert.Equal(["three", "four"], history.ReadAfter(new(1, 2))!.Value.Texts());
        Assert.Equal(["four"], history.ReadAfter(new(1, 3))!.Value.Texts());
    }

    [Fact]
    public void Read_ReturnsNothing_WhenNothingIsNewer()
    {
        var history = New(5);

        Assert.Empty(history.ReadAfter(new(1, 5))!.Value);
    }

    [Theory]
    [InlineData(3, 10_000)]
    [InlineData(100, 3 * (128 + 1))]
    public void Read_AdmitsAGap_WhenTheBoundHasDroppedSomething(int maxCount, long maxBytes)
    {
        var history = New(5, maxCount, maxBytes);

        Assert.Null(history.ReadAfter(new(1, 1)));
        Assert.Equal(3, history.ReadAfter(new(1, 2))!.Value.Length);
    }

    [Fact]
    public void Append_KeepsTheEndOfWhatWasPublishedTogether_WhenItIsMoreThanTheBound()
    {
        var history = New(1, maxCount: 3);

        history.Append(TestPublications.At(1, 2, "2", "3", "4", "5", "6"));

        Assert.Equal(["4", "5", "6"], history.ReadAfter(new(1, 3))!.Value.Texts());
        Assert.Null(history.ReadAfter(new(1, 2)));
    }

    [Fact]
    public void Read_AdmitsAGap_WhenTheReaderIsSomewhereElse()
    {
        var history = New(1);

        Assert.Null(history.ReadAfter(new(1, 2)));
        Assert.Null(history.ReadAfter(new(2, 1)));
    }

    [Fact]
    public void Append_KeepsNothing_WhenNobodyCanAsk()
    {
        var history = New(2);

        history.Append(TestPublications.At(1, 3, "3"), keep: false);

        Assert.Equal(new(1, 3), history.Last);
        Assert.Null(history.ReadAfter(new(1, 1)));
        Assert.Null(history.ReadAfter(new(1, 2)));
    }

    [Fact]
    public void Prepend_MakesOneOrderOfTwoEpochs()
    {
        var history = New(0, start: new(2, 0));
        history.Append(TestPublications.At(2, 1, "three"));

        history.Prepend(new(1, 0), [TestPublications.At(1, 1, "one", "two")]);

        Assert.Equal(["two", "three"], history.ReadAfter(new(1, 1))!.Value.Texts());
        Assert.Equal(new(1, 2), history.ReadAfter(new(1, 2))!.Value.Single().Previous);
        Assert.Equal(new(2, 1), history.Last);
    }

    [Fact]
    public void Prepend_OfAPastThatNobodyRemembers_ContinuesWhereItStood()
    {
        var history = New(0, start: new(2, 0));

        history.Prepend(new(1, 7), []);

        Assert.Equal(new(1, 7), history.Last);
        Assert.Empty(history.ReadAfter(new(1, 7))!.Value);
        Assert.Null(history.ReadAfter(new(1, 6)));
    }

    [Fact]
    public void Read_ContinuesForWhoHasJoinedAnEpochInWhichNobodyHasSpoken()
    {
        var history = New(0, start: new(3, 0));
        history.Prepend(new(1, 7), []);
        var quiet = history.ReadAfter(new(2, 0));
        history.Append(TestPublications.After(new(1, 7), 3, 1, "new"));

        Assert.Empty(quiet!.Value);
        Assert.Equal(["new"], history.ReadAfter(new(2, 0))!.Value.Texts());
        Assert.Null(history.ReadAfter(new(2, 1)));
        Assert.Null(history.ReadAfter(new(4, 0)));
    }

    [Fact]
    public void Prepend_ShowsNoContinuity_WhenWhatFollowedIsGone()
    {
        var history = New(0, start: new(2, 0));
        history.Append(TestPublications.At(2, 1, "lost"), keep: false);

        history.Prepend(new(1, 0), [TestPublications.At(1, 1, "one")]);

        Assert.Null(history.ReadAfter(new(1, 1)));
        Assert.Equal(new(2, 1), history.Last);
    }

    [Fact]
    public void Trim_DropsWhatIsTooOld()
    {
        var time = new FakeTimeProvider();
        var history = New(1, time: time);
        time.Advance(new ChannelOptions().HistoryAge);
        history.Append(TestPublications.At(1, 2, "2"));
        time.Advance(TimeSpan.FromSeconds(1));

        history.Trim();

        Assert.Null(history.ReadAfter(Start));
        Assert.Equal(["2"], history.ReadAfter(new(1, 1))!.Value.Texts());
    }

    [Fact]
    public void Read_ReturnsWhatWasPublished_WhateverItsSize()
    {
        var history = New(0, maxCount: 10_000, maxBytes: long.MaxValue);
        var texts = Enumerable.Range(0, 300).Select(static n => new string((char)('a' + (n % 26)), n % 7 == 0 ? 20_000 * (n % 5) : n)).ToArray();
        for (var i = 0; i < texts.Length; i += 3)
        {
            history.Append(TestPublications.At(1, i + 1, texts[i], texts[i + 1], texts[i + 2]));
        }

        var read = history.ReadAfter(Start)!.Value;

        Assert.Equal(texts, read.Texts());
        Assert.Equal(TestPublications.At(1, 4, texts[3], texts[4], texts[5]) with { Payloads = read[1].Payloads }, read[1]);
    }

    [Fact]
    public void ReadLatest_SaysWhereWhatFitsBegins()
    {
        var history = New(5);

        Assert.Equal((Start, 5), Read(int.MaxValue));
        Assert.Equal((new ChannelPosition(1, 3), 2), Read(2 * (128 + 1)));
        Assert.Equal((new ChannelPosition(1, 5), 0), Read(0));

        (ChannelPosition Base, int Count) Read(int maxBytes)
        {
            var (before, latest) = history.ReadLatest(maxBytes);
            return (before, latest.Length);
        }
    }

    private static PublicationHistory New(
        int count, int maxCount = 10, long maxBytes = 10_000, ChannelPosition? start = null, TimeProvider? time = null)
    {
        var bounds = new ChannelOptions { HistoryCount = maxCount, HistoryBytes = maxBytes };
        var history = new PublicationHistory(TestPublications.Channel, start ?? Start, bounds, time ?? TimeProvider.System);
        for (var i = 1; i <= count; i++)
        {
            history.Append(TestPublications.At(1, i, $"{i}"));
        }

        return history;
    }
}
