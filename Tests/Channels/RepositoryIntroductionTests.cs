using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using Realtime.Documents;
using Realtime.Gateway.Channels;
using Realtime.Gateway.Connections;
using Realtime.Gateways;
using Realtime.Tests.Connections;
using Realtime.Tests.Documents;
using Realtime.Tests.Infrastructure;
using Realtime.Tests.Telemetry;

namespace Realtime.Tests.Channels;

/// <summary>What members get when a write is made by an activation of a repository's grain that does not know their gateway well.</summary>
public sealed class RepositoryIntroductionTests
{
    private const string Gateway = "gateway";

    private static readonly string[] Names = ["one", "two", "three"];

    private static readonly string Key = RepositoryKey.Create("db", "tasks_760_");

    private readonly FakeRepositoryGrain _grain = new();
    private readonly RepositoryCluster.RecordingInboxes _inboxes = new();
    private readonly RepositorySubscription _subscription;

    public RepositoryIntroductionTests() =>
        _subscription = new RepositorySubscription(Key, _grain, Gateway, 0, static _ => { }, new TestMetrics().Gateway, NullLogger.Instance);

    [Theory]
    [InlineData(1)]
    [InlineData(0)]
    public async Task FirstChanges_ReachMembersOnce_WhateverTheirGatewayHadBefore(int heard)
    {
        var member = await JoinAsync();
        Commit(1);
        _subscription.Deliver(new DocumentChanges(Key, [.. _grain.History.Take(heard)], 0, heard));

        var started = new RepositoryAnnouncer(
            Key, _inboxes, new RepositoryCluster.SettableRoster { Live = [Gateway] }, TimeProvider.System, new DocumentOptions(), NullLogger.Instance);
        started.StartAt(1);
        started.Announce([Commit(2), Commit(3)]);
        _inboxes.EventsOf(Gateway).ForEach(_subscription.Deliver);

        await ExpectAllAsync(member);
        await Eventually.TrueAsync(() => _grain.Statements is [_, { IsWhole: true, Members: 1 }], "the whole to be stated");
    }

    [Fact]
    public async Task ChangesThatAnActivationHidesThatWasReplaced_ReachMembersOnce()
    {
        _grain.Activation = Guid.NewGuid();
        var member = await JoinAsync();
        Commit(1);
        Commit(2);
        Commit(3);

        // It knows the gateway, but not the audience that has joined since.
        _subscription.Deliver(new DocumentChanges(Key, [], 0, 2, Activation: Guid.NewGuid()));
        _subscription.Deliver(new DocumentChanges(Key, [_grain.History[2]], 2, 3, Activation: _grain.Activation));

        await ExpectAllAsync(member);
    }

    private static async Task ExpectAllAsync(Connection member)
    {
        var got = new List<string>();
        await Eventually.TrueAsync(
            () =>
            {
                got.AddRange(member.Sent());
                return got.Count >= Names.Length;
            },
            "all events");
        Assert.Equal(Names, got.Select(static sent => Names.First(name => sent.Contains(name, StringComparison.Ordinal))));
    }

    private async Task<Connection> JoinAsync()
    {
        var member = TestConnections.Create();
        Assert.True(await _subscription.TryJoin(member, new CallerIdentity("db", "a", "u", 0, 1), reply: null)!.WaitAsync(Eventually.Bound));
        return member;
    }

    private WrittenDocument Commit(int position)
    {
        var json = Encoding.UTF8.GetBytes($$"""{"n":"{{Names[position - 1]}}"}""");
        _grain.History.Add(new DocumentChange(position, ChangeKind.Created, Audience.OfAccount("a"), json));
        _grain.Position = position;
        return new WrittenDocument(position, ChangeKind.Created, "a", "owner", json);
    }
}
