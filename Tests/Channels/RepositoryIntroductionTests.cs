using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using Realtime.Documents;
using Realtime.Gateway.Channels;
using Realtime.Gateways;
using Realtime.Tests.Connections;
using Realtime.Tests.Documents;
using Realtime.Tests.Infrastructure;

namespace Realtime.Tests.Channels;

/// <summary>What members get when a repository's grain begins anew with a write, before their gateway is known to it.</summary>
public sealed class RepositoryIntroductionTests
{
    private const string Gateway = "gateway";

    private static readonly string[] Names = ["one", "two", "three"];

    private static readonly string Key = RepositoryKey.Create("db", "tasks_760_");

    private readonly FakeRepositoryGrain _grain = new();
    private readonly RepositoryCluster.RecordingInboxes _inboxes = new();
    private readonly RepositorySubscription _subscription;

    public RepositoryIntroductionTests() =>
        _subscription = new RepositorySubscription(Key, _grain, Gateway, 0, static _ => { }, NullLogger.Instance);

    [Theory]
    [InlineData(1)]
    [InlineData(0)]
    public async Task FirstChanges_ReachMembersOnce_WhateverTheirGatewayHadBefore(int heard)
    {
        var member = TestConnections.Create();
        Assert.True(await _subscription.TryJoin(member, new CallerIdentity("db", "a", "u", 0, 1), reply: null)!.WaitAsync(Eventually.Bound));
        Commit(1);
        _subscription.Deliver(new DocumentChanges(Key, [.. _grain.History.Take(heard)], 0, heard));

        var started = new RepositoryAnnouncer(
            Key, _inboxes, new RepositoryCluster.SettableRoster { Live = [Gateway] }, TimeProvider.System, new DocumentOptions(), NullLogger.Instance);
        started.StartAt(1);
        started.Announce([Commit(2), Commit(3)]);
        _inboxes.EventsOf(Gateway).ForEach(_subscription.Deliver);

        var got = new List<string>();
        await Eventually.TrueAsync(
            () =>
            {
                got.AddRange(member.Sent());
                return got.Count >= 3;
            },
            "all events");
        Assert.Equal(["one", "two", "three"], got.Select(static sent => Names.First(name => sent.Contains(name, StringComparison.Ordinal))));
        await Eventually.TrueAsync(() => _grain.Statements is [_, { IsWhole: true, Members: 1 }], "the whole to be stated");
    }

    private WrittenDocument Commit(int position)
    {
        var json = Encoding.UTF8.GetBytes($$"""{"n":"{{Names[position - 1]}}"}""");
        _grain.History.Add(new DocumentChange(position, ChangeKind.Created, Audience.OfAccount("a"), json));
        _grain.Position = position;
        return new WrittenDocument(position, ChangeKind.Created, "a", "owner", json);
    }
}
