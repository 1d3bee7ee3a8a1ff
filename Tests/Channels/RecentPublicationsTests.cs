using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;
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
        for (var i = 1; i <= 10; i++)
        {
            _recent.Add(TestPublications.At(1, i, "b") with { ChannelKey = "another" });
        }

        Assert.Empty(_recent.Collect(TestPublications.Channel, 2, int.MaxValue).Publications);
        Assert.Equal(10, _recent.Collect("another", 2, int.MaxValue).Publications.Length);
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
}
