using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;
using Realtime.Channels;
using Realtime.Gateway.Channels;
using Realtime.Gateway.Connections;

namespace Realtime.Tests.Channels;

public sealed class RecentPublicationsTests
{
    private readonly FakeTimeProvider _time = new();
    private readonly RecentPublications _recent;

    public RecentPublicationsTests() => _recent = new(Options.Create(new LimitOptions { RecentBytes = 10 * (128 + 1) }), _time);

    [Fact]
    public void Collect_ReturnsTheChannelsOwn()
    {
        _recent.Add(TestPublications.At(1, 1, "a"));
        _recent.Add(TestPublications.At(1, 1, "b") with { ChannelKey = "another" });

        Assert.Equal(["a"], _recent.Collect(TestPublications.Channel, 2, int.MaxValue).Publications.Texts());
    }

    [Fact]
    public void Add_DropsTheOldest_OfWhateverChannel()
    {
        _recent.Add(TestPublications.At(1, 1, "a"));
        Fill("another", 10);

        Assert.Empty(_recent.Collect(TestPublications.Channel, 2, int.MaxValue).Publications);
        Assert.Equal(10, _recent.Collect("another", 2, int.MaxValue).Publications.Length);
    }

    [Fact]
    public void Add_OfWhatIsKeptAlready_TakesNoRoom()
    {
        for (var i = 1; i <= 10; i++)
        {
            _recent.Add(TestPublications.At(2, i, "a"));
            _recent.Add(TestPublications.At(2, i, "a"));
        }

        var share = _recent.Collect(TestPublications.Channel, 3, int.MaxValue);

        Assert.Equal(Enumerable.Range(1, 10), share.Publications.Select(static one => (int)one.First.Offset).Order());
        Assert.Equal(default, share.LacksUpTo);
    }

    [Fact]
    public void Add_TakesThePredecessorOfAnEarlierEpoch()
    {
        _recent.Add(TestPublications.At(2, 1, "a"));
        _recent.Add(TestPublications.After(new(1, 7), 2, 1, "a"));
        _recent.Add(TestPublications.At(2, 1, "a"));

        Assert.Equal(new(1, 7), _recent.Collect(TestPublications.Channel, 3, int.MaxValue).Publications.Single().Previous);
    }

    [Fact]
    public void Collect_SaysWhatHadToMakeRoom_AndItsNumber()
    {
        _recent.Add(TestPublications.At(1, 7, "a"));
        Fill("another", 10);

        var share = _recent.Collect(TestPublications.Channel, 2, int.MaxValue);

        Assert.Empty(share.Publications);
        Assert.Equal(new(1, 7), share.LacksUpTo);
        Assert.Equal([new("publisher", 7)], share.Numbers);
    }

    [Fact]
    public void Collect_SaysNothingOfWhatIsOld()
    {
        _recent.Add(TestPublications.At(1, 7, "a"));
        Fill("another", 10);
        _time.Advance(RecentPublications.Age + TimeSpan.FromSeconds(1));
        _recent.Add(TestPublications.At(1, 8, "b"));

        var share = _recent.Collect(TestPublications.Channel, 2, int.MaxValue);

        Assert.Equal(default, share.LacksUpTo);
        Assert.Equal([new("publisher", 8)], share.Numbers);
    }

    [Fact]
    public void Collect_AdmitsThatItCannotTell_WhenTooManyChannelsHadToMakeRoom()
    {
        for (var i = 0; i <= 10_000; i++)
        {
            _recent.Add(TestPublications.At(1, 1, "a") with { ChannelKey = $"{i}" });
        }

        Fill("another", 10);
        var forgotten = _recent.Collect("0", 2, int.MaxValue).LacksUpTo;
        _time.Advance(RecentPublications.Age + TimeSpan.FromSeconds(1));

        Assert.True(forgotten > new ChannelPosition(1, 1));
        Assert.Equal(default, _recent.Collect("0", 2, int.MaxValue).LacksUpTo);
    }

    [Fact]
    public void Collect_ReturnsTheLatestOfTheOrder_AndSaysWhatDidNotFit()
    {
        _recent.Add(TestPublications.At(1, 9, "accepted"));
        _recent.Add(TestPublications.At(1, 7, "delivered"));
        _recent.Add(TestPublications.At(1, 8, "delivered"));

        var share = _recent.Collect(TestPublications.Channel, 2, 1);

        Assert.Equal(["accepted"], share.Publications.Texts());
        Assert.True(share.IsCut);
        Assert.Equal(new(1, 8), share.LacksUpTo);
    }

    [Fact]
    public void Collect_LeavesOutTheAskingEpoch()
    {
        _recent.Add(TestPublications.At(1, 7, "a"));
        _recent.Add(TestPublications.At(2, 1, "b"));

        Assert.Equal(["a"], _recent.Collect(TestPublications.Channel, 2, int.MaxValue).Publications.Texts());
    }

    [Fact]
    public void ForgetOld_DropsWhatIsOlderThanALossTakesToBeNoticed()
    {
        _recent.Add(TestPublications.At(1, 1, "a"));
        _time.Advance(RecentPublications.Age);
        _recent.Add(TestPublications.At(1, 2, "b"));
        _time.Advance(TimeSpan.FromSeconds(1));

        _recent.ForgetOld();

        Assert.Equal(["b"], _recent.Collect(TestPublications.Channel, 2, int.MaxValue).Publications.Texts());
    }

    [Fact]
    public void Epochs_AreOver_OnceALaterOneHasAsked()
    {
        _recent.Collect(TestPublications.Channel, 5, int.MaxValue);

        Assert.True(_recent.IsOver(TestPublications.Channel, 4));
        Assert.False(_recent.IsOver(TestPublications.Channel, 5));
        Assert.False(_recent.IsOver(TestPublications.Channel, 6));
        Assert.False(_recent.IsOver("another", 4));
    }

    [Fact]
    public void Epochs_AreRemembered_AsLongAsPublications()
    {
        _recent.Collect(TestPublications.Channel, 5, int.MaxValue);
        _recent.Add(TestPublications.At(4, 1, "a"));
        var known = _recent.GetEpoch(TestPublications.Channel);
        _time.Advance(RecentPublications.Age + TimeSpan.FromSeconds(1));

        _recent.ForgetOld();

        Assert.Equal(5, known);
        Assert.Equal(0, _recent.GetEpoch(TestPublications.Channel));
        Assert.False(_recent.IsOver(TestPublications.Channel, 4));
    }

    [Fact]
    public void Epochs_AreBounded_AndTheOldestMakeRoom()
    {
        for (var i = 0; i <= RecentPublications.MaxEpochs; i++)
        {
            _recent.Collect($"random{i}", 5, int.MaxValue);
        }

        Assert.Equal((0, 5), (_recent.GetEpoch("random0"), _recent.GetEpoch("random1")));
    }

    private void Fill(string channel, int count)
    {
        for (var i = 1; i <= count; i++)
        {
            _recent.Add(TestPublications.At(1, i, "b") with { ChannelKey = channel });
        }
    }
}
