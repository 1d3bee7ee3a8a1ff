using System.Net;
using Azure.Data.Tables;
using Microsoft.Extensions.Options;
using Orleans.Configuration;
using Realtime.Providers.AzureStorage;

namespace Realtime.Tests.Providers.AzureStorage;

/// <summary>What a membership table promises, and Orleans' own format of it.</summary>
public sealed class AzureMembershipTableTests(Azurite azurite) : AzureMembershipTest(azurite)
{
    [Fact]
    public async Task Read_GivesVersionZeroWithAnETag_WhenTheClusterIsNew()
    {
        await Membership.InitializeMembershipTable(tryInitTableVersion: true);

        var all = await Membership.ReadAll();
        var one = await Membership.ReadRow(NewEntry().SiloAddress);

        Assert.Empty(all.Members);
        Assert.Empty(one.Members);
        Assert.Equal(0, all.Version.Version);
        Assert.NotEmpty(all.Version.VersionEtag);
        Assert.Equal(all.Version.VersionEtag, one.Version.VersionEtag);
    }

    [Fact]
    public async Task Entry_ComesBackWhole_WhenInserted()
    {
        var entry = NewEntry();
        var other = NewEntry(IPAddress.Parse("2001:db8::7"));
        Assert.True(await InsertAsync(entry));
        Assert.True(await InsertAsync(other));

        var all = await Membership.ReadAll();
        var one = await Membership.ReadRow(entry.SiloAddress);

        Assert.Equal(2, all.Version.Version);
        AssertSame(entry, all.TryGet(entry.SiloAddress)!.Item1);
        AssertSame(other, all.TryGet(other.SiloAddress)!.Item1);
        AssertSame(entry, Assert.Single(one.Members).Item1);
        Assert.Equal(2, one.Version.Version);
        Assert.Equal(all.TryGet(entry.SiloAddress)!.Item2, one.Members[0].Item2);
    }

    [Fact]
    public async Task Rows_HaveTheOfficialFormat_WhenAnEntryIsInserted()
    {
        var entry = NewEntry();
        await InsertAsync(entry);

        var rows = await Table.QueryAsync<TableEntity>(TableClient.CreateQueryFilter($"PartitionKey eq {ClusterId}"), cancellationToken: TestContext.Current.CancellationToken).ToListAsync();

        Assert.Equal(["!Start", $"127.0.0.1-{entry.SiloAddress.Endpoint.Port}-{entry.SiloAddress.Generation}", "VersionRow", "~End"], rows.Select(row => row.RowKey));
        Assert.Equal(["Active", "Active", null, "Active"], rows.Select(row => row.GetString("Status")));
        Assert.Equal(["1", null, "1", "1"], rows.Select(row => row.GetString("MembershipVersion")));
        Assert.All(rows, row => Assert.Equal(ClusterId, row.GetString("DeploymentId")));
        Assert.Equal(entry.SiloName, rows[1].GetString("InstanceName"));
        Assert.Equal(LogFormatter.PrintDate(entry.StartTime), rows[1].GetString("StartTime"));
        Assert.Equal(entry.SuspectTimes![0].Item1.ToParsableString() + "|" + entry.SuspectTimes[1].Item1.ToParsableString(), rows[1].GetString("SuspectingSilos"));
    }

    [Fact]
    public async Task Insert_IsRefused_WhenTheRowExistsOrTheVersionIsOld()
    {
        var entry = NewEntry();
        var old = (await Membership.ReadAll()).Version.Next();
        Assert.True(await Membership.InsertRow(entry, old));

        Assert.False(await InsertAsync(entry));
        Assert.False(await Membership.InsertRow(NewEntry(), old));
        Assert.False(await Membership.InsertRow(entry, old));

        var all = await Membership.ReadAll();
        Assert.Equal(1, all.Version.Version);
        AssertSame(entry, Assert.Single(all.Members).Item1);
    }

    [Fact]
    public async Task Update_IsRefused_WhenRowOrVersionIsStale()
    {
        var entry = NewEntry();
        var first = (await Membership.ReadAll()).Version;
        await Membership.InsertRow(entry, first.Next());
        var (_, firstETag) = (await Membership.ReadRow(entry.SiloAddress)).Members[0];
        entry.Status = SiloStatus.ShuttingDown;
        Assert.True(await Membership.UpdateRow(entry, firstETag, (await Membership.ReadAll()).Version.Next()));
        var current = await Membership.ReadRow(entry.SiloAddress);

        entry.Status = SiloStatus.Dead;
        Assert.False(await Membership.UpdateRow(entry, firstETag, current.Version.Next()));
        Assert.False(await Membership.UpdateRow(entry, current.Members[0].Item2, first.Next()));
        Assert.False(await Membership.UpdateRow(NewEntry(), current.Members[0].Item2, current.Version.Next()));

        var all = await Membership.ReadAll();
        Assert.Equal(2, all.Version.Version);
        Assert.Equal(SiloStatus.ShuttingDown, Assert.Single(all.Members).Item1.Status);
    }

    [Fact]
    public async Task OneInsert_Wins_WhenTwentyAreMadeFromOneVersion()
    {
        var version = (await Membership.ReadAll()).Version.Next();

        var outcomes = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => Membership.InsertRow(NewEntry(), version)));

        Assert.Single(outcomes, inserted => inserted);
        var all = await Membership.ReadAll();
        Assert.Equal(1, all.Version.Version);
        Assert.Single(all.Members);
    }

    [Fact]
    public async Task Version_CountsEveryUpdate_WhenManyRace()
    {
        const int updates = 19;
        var entry = NewEntry();
        await InsertAsync(entry);

        await Task.WhenAll(Enumerable.Range(0, updates).Select(async _ =>
        {
            bool updated;
            do
            {
                var row = await Membership.ReadRow(entry.SiloAddress);
                updated = await Membership.UpdateRow(row.Members[0].Item1, row.Members[0].Item2, row.Version.Next());
            }
            while (!updated);
        }));

        Assert.Equal(updates + 1, (await Membership.ReadAll()).Version.Version);
    }

    [Fact]
    public async Task SignOfLife_ChangesOnlyItself_WhenWritten()
    {
        var entry = NewEntry();
        await InsertAsync(entry);
        var before = await Membership.ReadAll();
        var alive = entry.IAmAliveTime.AddMinutes(5);
        var sign = new MembershipEntry { SiloAddress = entry.SiloAddress, IAmAliveTime = alive, HostName = "another", Status = SiloStatus.Dead };

        await Membership.UpdateIAmAlive(sign);

        var after = await Membership.ReadAll();
        Assert.Equal(before.Version.VersionEtag, after.Version.VersionEtag);
        entry.IAmAliveTime = alive;
        AssertSame(entry, Assert.Single(after.Members).Item1);
    }

    [Fact]
    public async Task Cleanup_RemovesOldRowsOfSilosThatAreNotActive_AndNoOthers()
    {
        var dead = NewEntry(status: SiloStatus.Dead);
        var joining = NewEntry(status: SiloStatus.Joining);
        var active = NewEntry();
        foreach (var entry in (MembershipEntry[])[dead, joining, active])
        {
            await InsertAsync(entry);
        }

        // The rows' times are the emulator's, so the day before and the day after are certain on any clock.
        await Membership.CleanupDefunctSiloEntries(DateTimeOffset.UtcNow.AddDays(-1));
        Assert.Equal(3, (await Membership.ReadAll()).Members.Count);
        await Membership.CleanupDefunctSiloEntries(DateTimeOffset.UtcNow.AddDays(1));

        var all = await Membership.ReadAll();
        Assert.Equal(active.SiloAddress, Assert.Single(all.Members).Item1.SiloAddress);
        Assert.Equal(3, all.Version.Version);
        Assert.Equal(4, await Table.QueryAsync<TableEntity>(cancellationToken: TestContext.Current.CancellationToken).CountAsync());
    }

    [Fact]
    public async Task Row_IsIgnored_WhenItMakesNoSense()
    {
        var entry = NewEntry();
        await InsertAsync(entry);
        await Table.AddEntityAsync(new TableEntity(ClusterId, "spoilt") { ["Status"] = "Active" }, TestContext.Current.CancellationToken);

        var all = await Membership.ReadAll();

        Assert.Equal(entry.SiloAddress, Assert.Single(all.Members).Item1.SiloAddress);
    }

    [Fact]
    public async Task Deletion_LeavesOtherClusters_WhenOneIsDeleted()
    {
        await InsertAsync(NewEntry());

        await Membership.DeleteMembershipTableEntries("another");
        Assert.Single((await Membership.ReadAll()).Members);
        await Membership.DeleteMembershipTableEntries(ClusterId);

        await Assert.ThrowsAsync<KeyNotFoundException>(Membership.ReadAll);
    }

    [Fact]
    public async Task Gateways_AreTheActiveSilosWithAPort_WhenListed()
    {
        var gateway = NewEntry();
        await InsertAsync(gateway);
        await InsertAsync(NewEntry(proxyPort: 0));
        await InsertAsync(NewEntry(status: SiloStatus.Dead));
        var provider = new AzureGatewayListProvider(
            Options.Create(new AzureStorageGatewayOptions { TableServiceClient = Tables, TableName = Table.Name }),
            Options.Create(new ClusterOptions { ClusterId = ClusterId }),
            Options.Create(new GatewayOptions { GatewayListRefreshPeriod = TimeSpan.FromSeconds(7) }));
        await provider.InitializeGatewayListProvider();

        var gateways = await provider.GetGateways();

        var expected = SiloAddress.New(gateway.SiloAddress.Endpoint.Address, gateway.ProxyPort, gateway.SiloAddress.Generation).ToGatewayUri();
        Assert.Equal([expected], gateways);
        Assert.Equal(TimeSpan.FromSeconds(7), provider.MaxStaleness);
        Assert.True(provider.IsUpdatable);
    }

    private static void AssertSame(MembershipEntry expected, MembershipEntry actual) =>
        Assert.Equal(expected.ToFullString(), actual.ToFullString());
}
