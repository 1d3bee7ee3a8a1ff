using Azure.Data.Tables;
using Realtime.Providers.AzureStorage;

namespace Realtime.Tests.Providers.AzureStorage;

/// <summary>Clusters with more rows than a page of an answer holds.</summary>
public sealed class AzureMembershipPagingTests(Azurite azurite) : AzureMembershipTest(azurite)
{
    [Fact]
    public async Task Read_GivesAllRows_WhenTheyTakeSeveralPages()
    {
        const int silos = 1200;
        await FillAsync(silos);

        var all = await Membership.ReadAll();

        Assert.Equal(silos, all.Members.Count);
        Assert.Equal(0, all.Version.Version);
        await Membership.CleanupDefunctSiloEntries(DateTimeOffset.UtcNow.AddDays(1));
        Assert.Empty((await Membership.ReadAll()).Members);
    }

    [Theory]
    [InlineData(null, null, true)]
    [InlineData("1", "1", true)]
    [InlineData("3", "4", true)]
    [InlineData("5", "6", false)]
    [InlineData("5", null, false)]
    public async Task PagedRead_IsAccepted_WhenTheFencesShowNoWriteMeanwhile(string? first, string? last, bool accepted)
    {
        // The version row is at 5; fences behind it are those of a cluster with silos that don't move them.
        await FillAsync(1000);
        await PutFenceAsync("VersionRow", "5");
        await PutFenceAsync("!Start", first);
        await PutFenceAsync("~End", last);

        var outcome = await Record.ExceptionAsync(Membership.ReadAll);

        if (accepted)
        {
            Assert.Null(outcome);
        }
        else
        {
            Assert.IsType<Orleans.Storage.InconsistentStateException>(outcome);
        }
    }

    private async Task FillAsync(int silos)
    {
        var rows = Enumerable.Range(0, silos).Select(_ => SiloRow.From(NewEntry(status: SiloStatus.Dead), ClusterId));
        await Task.WhenAll(rows.Chunk(100).Select(chunk =>
            Table.SubmitTransactionAsync(chunk.Select(row => new TableTransactionAction(TableTransactionActionType.Add, row)))));
    }

    private Task PutFenceAsync(string rowKey, string? version) => version is null
        ? Table.DeleteEntityAsync(ClusterId, rowKey)
        : Table.UpsertEntityAsync(new TableEntity(ClusterId, rowKey) { ["MembershipVersion"] = version }, TableUpdateMode.Replace);
}
