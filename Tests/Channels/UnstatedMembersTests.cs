using System.Collections.Concurrent;
using Microsoft.Extensions.Time.Testing;
using Realtime.Channels;
using Realtime.Gateways;
using Realtime.Tests.Infrastructure;

namespace Realtime.Tests.Channels;

public sealed class UnstatedMembersTests : IChannelTails, ISiloLosses, IDisposable
{
    private readonly FakeTimeProvider _time = new();
    private readonly ChannelGateways _stated = new();
    private readonly ConcurrentDictionary<string, int?> _answers = new();
    private readonly ConcurrentQueue<long> _askedWith = new();
    private readonly MemberSurveys _surveys;
    private Task _answered = Task.CompletedTask;

    public UnstatedMembersTests() => _surveys = new MemberSurveys(this, this);

    public bool IsRecent { get; private set; } = true;

    public void Dispose() => _surveys.Dispose();

    public async Task<IReadOnlyDictionary<string, ChannelTail?>> CollectAsync(string channelKey, long epoch, int maxBytes)
    {
        _askedWith.Enqueue(epoch);
        await _answered;
        return _answers.ToDictionary(
            static answer => answer.Key, static answer => answer.Value is { } members ? new ChannelTail(members, default, []) : null);
    }

    [Fact]
    public async Task UnusedName_IsAskedForOnce_AndLeavesNothingAtTheGateways()
    {
        _answers["a"] = 0;
        var unstated = new UnstatedMembers(_surveys, _time);

        Assert.Equal(0, await unstated.CountAsync("unused", _stated));
        Assert.Equal(0, await unstated.CountAsync("unused", _stated));

        // An epoch would be remembered.
        Assert.Equal([0], _askedWith);
    }

    [Fact]
    public async Task Members_AreCounted_UntilTheirGatewayHasStatedThem()
    {
        (_answers["a"], _answers["b"]) = (3, 4);
        _stated.State("b", 5, 1, default);
        var unstated = new UnstatedMembers(_surveys, _time);

        Assert.Equal(3, await unstated.CountAsync("used", _stated));
        _stated.State("a", 2, 1, default);
        Assert.Equal(0, await unstated.CountAsync("used", _stated));
    }

    [Fact]
    public async Task Nobody_IsAsked_WhenNoSiloWasLost()
    {
        (_answers["a"], IsRecent) = (3, false);

        Assert.Equal(0, await new UnstatedMembers(_surveys, _time).CountAsync("used", _stated));
        Assert.Empty(_askedWith);
    }

    [Fact]
    public async Task SilentGateway_IsWaitedForForAWhile_UnlessItHasStatedItsMembers()
    {
        (_answers["a"], _answers["silent"]) = (3, null);
        var unstated = new UnstatedMembers(_surveys, _time);

        await Assert.ThrowsAsync<TemporarilyUnavailableException>(async () => await unstated.CountAsync("used", _stated));
        _time.Advance(TimeSpan.FromSeconds(7));
        var given = await unstated.CountAsync("used", _stated);
        _stated.State("silent", 1, 1, default);

        Assert.Equal(3, given);
        Assert.Equal(3, await new UnstatedMembers(_surveys, _time).CountAsync("used", _stated));
    }

    [Fact]
    public async Task FewNames_AreAskedForAtOnce()
    {
        var answer = new TaskCompletionSource();
        (_answered, _answers["a"]) = (answer.Task, 0);

        var counts = Enumerable.Range(0, 3 * MemberSurveys.AtOnce)
            .Select(i => new UnstatedMembers(_surveys, _time).CountAsync($"random{i}", _stated).AsTask()).ToList();

        // Those beyond are refused after a while, and cost the gateways nothing.
        await Eventually.TrueAsync(() => counts.Count(static count => count.IsFaulted) == 2 * MemberSurveys.AtOnce, "the others to be refused");
        Assert.Equal(MemberSurveys.AtOnce, _askedWith.Count);
        answer.SetResult();
        await Task.WhenAll(counts.Where(static count => !count.IsFaulted)).WaitAsync(Eventually.Bound, TestContext.Current.CancellationToken);
    }
}
