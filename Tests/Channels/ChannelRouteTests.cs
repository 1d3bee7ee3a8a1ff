using System.Diagnostics;
using System.Net;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Realtime.Channels;
using Realtime.Gateway.Channels;
using Realtime.Tests.Infrastructure;

namespace Realtime.Tests.Channels;

public sealed class ChannelRouteTests
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(10);

    private readonly SiloAddress _silo = SiloAddress.New(new IPEndPoint(IPAddress.Loopback, 1), 1);
    private readonly FakeTimeProvider _time = new();
    private readonly FakeChannelGrain _grain = new();
    private readonly FakeChannelRelayGrain _relay = new();
    private readonly ChannelRelays _relays;
    private readonly List<PublishBatch> _asked = [];
    private readonly ChannelRoute _route;
    private int _late;

    public ChannelRouteTests()
    {
        _relays = new ChannelRelays(_ => _relay, _time, NullLogger.Instance);
        _route = Route("key");
        _relay.Publish = static one => Receipt(one.Batch);
        _grain.Publish = batch =>
        {
            _asked.Add(batch);
            return Task.FromResult(Receipt(batch) with { Silo = _silo });
        };
    }

    [Fact]
    public async Task Publications_GoByTheRelay_OnceTheGrainHasToldItsSilo()
    {
        await PublishAsync(1);
        var receipt = await PublishAsync(2);
        await PublishAsync(3);

        Assert.Equal([1L], _asked.Select(static batch => batch.Sequence));
        Assert.Equal(["key", "key"], _relay.Calls.Select(static call => call.Single().ChannelKey));
        Assert.Equal(2, receipt.First.Offset);
    }

    [Fact]
    public async Task Publications_GoByTheGrain_WhenItsSiloIsNotToldOrItMayHaveHeardThem()
    {
        await PublishAsync(1);
        await PublishAsync(2, isRepeated: true);
        _grain.Publish = batch =>
        {
            _asked.Add(batch);
            return Task.FromResult(Receipt(batch));
        };
        await PublishAsync(3, isRepeated: true);
        await PublishAsync(4);

        Assert.Equal([1L, 2, 3, 4], _asked.Select(static batch => batch.Sequence));
        Assert.Empty(_relay.Calls);
    }

    [Fact]
    public async Task Publications_GoByTheGrain_WhenTheRelayDoesNotHaveTheChannel()
    {
        await PublishAsync(1);
        _relay.Publish = static _ => null;

        var receipt = await PublishAsync(2);

        Assert.Equal(2, receipt.First.Offset);
        Assert.Equal([1L, 2], _asked.Select(static batch => batch.Sequence));
    }

    [Fact]
    public async Task Publications_GoByTheGrain_ForAWhileAfterTheRelayHasFailed()
    {
        await PublishAsync(1);
        _relay.Answer = Task.FromException(new TimeoutException("the silo is away"));
        await Assert.ThrowsAsync<TimeoutException>(async () => await PublishAsync(2));
        _relay.Answer = Task.CompletedTask;

        await PublishAsync(3);
        await PublishAsync(4);
        _time.Advance(TimeSpan.FromSeconds(11));
        await PublishAsync(5);
        await PublishAsync(6);

        Assert.Equal([1L, 3, 4, 5], _asked.Select(static batch => batch.Sequence));
        Assert.Equal([2L, 6], _relay.Calls.Select(static call => call.Single().Batch.Sequence));
    }

    [Fact]
    public async Task Publications_GoByTheGrain_WhenTheyAreTraced()
    {
        await PublishAsync(1);
        using var activity = new Activity("publication") { ActivityTraceFlags = ActivityTraceFlags.Recorded };
        activity.SetIdFormat(ActivityIdFormat.W3C).Start();

        await PublishAsync(2);

        Assert.Equal([1L, 2], _asked.Select(static batch => batch.Sequence));
    }

    [Fact]
    public async Task WhatGathersForARelay_GoesWithOneCall()
    {
        var routes = Enumerable.Range(0, 5).Select(i => Route($"key{i}")).ToList();
        foreach (var route in routes)
        {
            await PublishAsync(1, route: route);
        }

        var answer = new TaskCompletionSource();
        _relay.Answer = answer.Task;
        var publishing = routes.Select(route => PublishAsync(2, route: route)).ToList();
        answer.SetResult();
        await Task.WhenAll(publishing);

        Assert.Equal([["key0"], ["key1", "key2", "key3", "key4"]], _relay.Calls.Select(static call => call.Select(static one => one.ChannelKey)));
    }

    [Fact]
    public async Task WhatGathersForARelayThatFails_GoesByTheGrain_AsItWasNotHeard()
    {
        var (first, second) = (Route("key1"), Route("key2"));
        await PublishAsync(1, route: first);
        await PublishAsync(1, route: second);
        var answer = new TaskCompletionSource();
        _relay.Answer = answer.Task;
        var heard = PublishAsync(2, route: first);
        var gathered = PublishAsync(2, route: second);

        answer.SetException(new TimeoutException("the silo is away"));

        await Assert.ThrowsAsync<TimeoutException>(() => heard);
        Assert.Equal(2, (await gathered).First.Offset);
        Assert.Single(_relay.Calls);
        Assert.Equal([1L, 1, 2], _asked.Select(static batch => batch.Sequence));
    }

    [Fact]
    public async Task AReceiptThatNobodyWaitsForAnyMore_IsToldOf()
    {
        // What it is about is ordered, and nobody would hand it to the members here.
        await PublishAsync(1);
        var answer = new TaskCompletionSource();
        _relay.Answer = answer.Task;
        var publication = PublishAsync(2);
        _time.Advance(Limit);
        await Assert.ThrowsAsync<TimeoutException>(() => publication);
        Assert.Equal(0, _late);

        answer.SetResult();

        Assert.Equal(1, _late);
    }

    private ChannelRoute Route(string key) => new(key, _grain, local: null, _relays, () => _late++, _time);

    private async Task<PublishReceipt> PublishAsync(long sequence, bool isRepeated = false, ChannelRoute? route = null) =>
        await (route ?? _route).PublishAsync(new PublishBatch("publisher", sequence, TestPublications.Payloads("one"), isRepeated, KnownEpoch: 0), Limit)
            .AsTask().WaitAsync(Eventually.Bound, TestContext.Current.CancellationToken);

    private static PublishReceipt Receipt(PublishBatch batch) => new(1, new(1, batch.Sequence - 1), new(1, batch.Sequence), 0);
}
