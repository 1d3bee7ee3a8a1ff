using System.Text.Json;
using Microsoft.Extensions.Time.Testing;
using Realtime.Tests.Chaos.Backend;
using Realtime.Tests.Chaos.Faults;
using Realtime.Tests.Chaos.History;
using Realtime.Tests.Chaos.Slots;
using Realtime.Tests.Infrastructure;

namespace Realtime.Tests.Chaos.Clients;

/// <summary>What is made of what the published client's application reports: whether it has noticed that its stream was lost.</summary>
public sealed class PublishedClientReturnTests
{
    private readonly FakeTimeProvider _time = new();
    private readonly FaultLog _faults;
    private readonly PublishedClient _client;

    public PublishedClientReturnTests()
    {
        var timeline = new Timeline(new RunClock(_time));
        _faults = new FaultLog(timeline);
        var plan = new ClientPlan
        {
            Name = "one-node0",
            Database = new ChaosDatabase("one", "a key", new SlotHistory("tenant", 10), []),
            User = new ChaosUser(new Person("ann", "a"), "a token"),
            Transport = Transport.ServerSentEvents,
            Gateway = 0,
            Channels = ["room 1"],
            Seed = 1,
        };
        _client = new PublishedClient(plan, static _ => Task.FromResult(SendOutcome.Taken), _faults, new FleetMood(), timeline);
        Take("open");
        Take("init");
        Take(new { what = "authenticated", sid = "sid 1" });
        Joined("sid 1");
    }

    [Fact]
    public void Return_IsCounted_WhenMessagesGoOn()
    {
        _faults.Begin(FaultKind.KillGateway, "gateway-4");
        Lose(TimeSpan.FromSeconds(3));

        Joined("sid 1");

        Assert.Equal((1, 1), (_client.Returns, _client.TimesAuthenticated));
        Assert.Equal(1, _faults.All[0].Returns);
        Assert.Empty(SessionKeeping.Check(_faults.All));
    }

    [Theory]
    [InlineData(FaultKind.KillGateway, 3, true)]
    [InlineData(FaultKind.KillSilo, 49, true)]
    [InlineData(FaultKind.CutStreams, 3, true)]
    [InlineData(FaultKind.KillSilo, 51, false)]
    [InlineData(FaultKind.KillGatewayAndSilo, 3, false)]
    internal void SecondOnAuth_BreaksAPromise_WhenOneProcessWasLostAndTheWindowIsOpen(FaultKind kind, int secondsAway, bool isBroken)
    {
        _faults.Begin(kind, "gateway-4");
        Lose(TimeSpan.FromSeconds(secondsAway));

        Take("init");
        Assert.False(_client.IsMember);
        Take(new { what = "authenticated", sid = "sid 2" });
        Joined("sid 2");

        Assert.True(_client.IsMember);
        Assert.Equal((0, 2), (_client.Returns, _client.TimesAuthenticated));
        Assert.Equal(isBroken ? [Promise.SessionsKept] : [], SessionKeeping.Check(_faults.All).Select(static violation => violation.Promise));
    }

    [Fact]
    public void SecondOnAuth_BreaksAPromise_WhenNothingWasLost()
    {
        _faults.Begin(FaultKind.FreezePostgres, "PostgreSQL");

        Take(new { what = "authenticated", sid = "sid 2" });

        Assert.Single(SessionKeeping.Check(_faults.All));
    }

    [Fact]
    public void SecondLoss_IsMeasuredFromItself_WhenTheStreamBeforeItWasSilent()
    {
        _faults.Begin(FaultKind.KillGateway, "gateway-4");
        Lose(TimeSpan.FromSeconds(3));
        _time.Advance(TimeSpan.FromMinutes(2));
        Lose(TimeSpan.FromSeconds(3));

        Take("init");

        Assert.Equal(1, _client.Returns);
        Assert.Single(SessionKeeping.Check(_faults.All));
    }

    [Fact]
    public void SecondLoss_IsTheFirstStill_WhenTheStreamBetweenWasEmpty()
    {
        _faults.Begin(FaultKind.FreezeStorage, "storage");
        Lose(TimeSpan.FromSeconds(30));
        Lose(TimeSpan.FromSeconds(30));

        Take("init");

        Assert.Equal(0, _client.Returns);
        Assert.Empty(SessionKeeping.Check(_faults.All));
    }

    /// <summary>Its stream is lost, and it has another one after some time.</summary>
    private void Lose(TimeSpan away)
    {
        Take("lost");
        _time.Advance(away);
        Take("open");
    }

    private void Joined(string sid) =>
        Take(new { what = "message", message = new { sid, type = "joined", data = "room 1", channel = "room 1", token = "" } });

    private void Take(string what) => Take(new { what });

    private void Take(object report) => _client.Take(JsonSerializer.SerializeToElement(report));
}
