using System.Text.Json;
using Realtime.Tests.Chaos.Backend;
using Realtime.Tests.Chaos.Faults;
using Realtime.Tests.Chaos.History;
using Realtime.Tests.Chaos.Slots;
using Realtime.Tests.Infrastructure;

namespace Realtime.Tests.Chaos.Clients;

/// <summary>What the reports of the published library's application are taken for.</summary>
public sealed class PublishedClientTests
{
    private readonly FaultRecord _fault;
    private readonly PublishedClient _client;

    public PublishedClientTests()
    {
        var timeline = new Timeline(new RunClock());
        var faults = new FaultLog(timeline);
        _fault = faults.Begin(FaultKind.KillGateway, "gateway-4");
        var plan = new ClientPlan
        {
            Name = "one-node0",
            Database = new ChaosDatabase("one", "key", new SlotHistory("tenant", 1), []),
            User = new ChaosUser(new Person("user", "account"), "token"),
            Transport = Transport.ServerSentEvents,
            Gateway = 0,
            Channels = ["room"],
            Seed = 1,
        };
        _client = new PublishedClient(plan, static _ => Task.FromResult(SendOutcome.Taken), faults, new FleetMood(), timeline);
        _client.Take(Report(new { what = "open" }));
    }

    [Fact]
    public void Client_GoesOn_WhenItsQuestionIsAnsweredTwice()
    {
        _client.Take(Report(new { what = "authenticated", sid = "s1" }));
        Join();

        _client.Take(Report(new { what = "authenticated", sid = "s1" }));

        Assert.Equal((1, 0, true), (_client.TimesAuthenticated, _fault.Inits, _client.IsMember));
    }

    [Fact]
    public void Client_HasBegunAnew_WhenItHasAnotherSid()
    {
        _client.Take(Report(new { what = "authenticated", sid = "s1" }));
        Join();

        _client.Take(Report(new { what = "authenticated", sid = "s2" }));

        Assert.Equal((2, 1, false), (_client.TimesAuthenticated, _fault.Inits, _client.IsMember));
    }

    private void Join() => _client.Take(Report(new
    {
        what = "message",
        message = new { sid = "s1", type = "joined", data = "room", channel = "room", token = "" },
    }));

    private static JsonElement Report(object report) => JsonSerializer.SerializeToElement(report);
}
