using Azure;
using Azure.Data.Tables;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Orleans.Configuration;

namespace Realtime.Providers.AzureStorage;

/// <summary>The silos of a cluster, in one partition of an Azure table.</summary>
internal sealed partial class AzureMembershipTable(
    IOptions<AzureStorageClusteringOptions> options,
    IOptions<ClusterOptions> cluster,
    ILogger<AzureMembershipTable> logger) : IMembershipTable
{
    // Azure's bound for a transaction.
    private const int MaxActions = 100;

    private readonly TableClient _table = options.Value.CreateTableClient();
    private readonly string _clusterId = cluster.Value.ClusterId;

    public async Task InitializeMembershipTable(bool tryInitTableVersion)
    {
        await _table.CreateIfNotExistsAsync();
        if (!tryInitTableVersion || (await _table.GetEntityIfExistsAsync<TableEntity>(_clusterId, VersionRow.Key)).HasValue)
        {
            return;
        }

        // Of silos that start together one makes the rows; for the others it is no failure.
        await TrySubmitAsync(VersionRow.Create(_clusterId));
    }

    public async Task<MembershipTableData> ReadAll() => Parse(await ClusterRows.ReadAsync(_table, _clusterId));

    public async Task<MembershipTableData> ReadRow(SiloAddress key)
    {
        var rowKey = SiloRow.KeyOf(key);
        var versionKey = VersionRow.Key;
        return Parse(await QueryAsync($"PartitionKey eq {_clusterId} and (RowKey eq {rowKey} or RowKey eq {versionKey})"));
    }

    public Task<bool> InsertRow(MembershipEntry entry, TableVersion tableVersion) => TrySubmitAsync(
    [
        new(TableTransactionActionType.Add, SiloRow.From(entry, _clusterId)),
        .. VersionRow.Replace(_clusterId, tableVersion),
    ]);

    public Task<bool> UpdateRow(MembershipEntry entry, string etag, TableVersion tableVersion) => TrySubmitAsync(
    [
        new(TableTransactionActionType.UpdateReplace, SiloRow.From(entry, _clusterId), new ETag(etag)),
        .. VersionRow.Replace(_clusterId, tableVersion),
    ]);

    // A merge of one column that neither looks at the row's ETag nor moves the version: nobody competes with a silo for it.
    public Task UpdateIAmAlive(MembershipEntry entry) =>
        _table.UpdateEntityAsync(SiloRow.SignOfLife(entry, _clusterId), ETag.All, TableUpdateMode.Merge);

    public async Task CleanupDefunctSiloEntries(DateTimeOffset beforeDate)
    {
        // By the table's own clock: a silo that is being restarted also touches its row, whatever its times say.
        var rows = await ClusterRows.ReadAsync(_table, _clusterId);
        var defunct = rows.Where(row =>
            !VersionRow.Is(row) && row.GetString(SiloRow.Status) != nameof(SiloStatus.Active) && row.Timestamp < beforeDate);

        // What another silo cleans up at the same time is left to it.
        await Task.WhenAll(Deletions(defunct).Select(TrySubmitAsync));
    }

    public async Task DeleteMembershipTableEntries(string clusterId) => await Task.WhenAll(
        Deletions(await QueryAsync($"PartitionKey eq {clusterId}")).Select(deletion => _table.SubmitTransactionAsync(deletion)));

    // A refusal by a condition, a row that is there or one that isn't means that another silo was faster.
    private static bool IsContention(RequestFailedException exception) => exception.Status is 404 or 409 or 412 or 501;

    private static IEnumerable<IEnumerable<TableTransactionAction>> Deletions(IEnumerable<TableEntity> rows) => rows.Chunk(MaxActions)
        .Select(chunk => chunk.Select(row => new TableTransactionAction(TableTransactionActionType.Delete, row, row.ETag)));

    private async Task<bool> TrySubmitAsync(IEnumerable<TableTransactionAction> actions)
    {
        try
        {
            await _table.SubmitTransactionAsync(actions);
            return true;
        }
        catch (RequestFailedException exception) when (IsContention(exception))
        {
            LogContention(exception.Status, _clusterId);
            return false;
        }
    }

    private async Task<List<TableEntity>> QueryAsync(FormattableString filter)
    {
        var rows = new List<TableEntity>();
        await foreach (var row in _table.QueryAsync<TableEntity>(TableClient.CreateQueryFilter(filter)))
        {
            rows.Add(row);
        }

        return rows;
    }

    private MembershipTableData Parse(List<TableEntity> rows)
    {
        var versionRow = rows.Find(row => row.RowKey == VersionRow.Key)
            ?? throw new KeyNotFoundException($"The membership table '{_table.Name}' has no version row for the cluster '{_clusterId}'.");
        var silos = new List<Tuple<MembershipEntry, string>>();
        foreach (var row in rows.Where(row => !VersionRow.Is(row)))
        {
            try
            {
                silos.Add(Tuple.Create(SiloRow.Parse(row), row.ETag.ToString()));
            }
            catch (Exception exception) when (exception is FormatException or ArgumentException)
            {
                // One spoilt row mustn't keep the whole cluster from starting.
                LogUnreadableRow(exception, row.RowKey, _clusterId);
            }
        }

        return new MembershipTableData(silos, VersionRow.Parse(versionRow));
    }

    [LoggerMessage(Level = LogLevel.Debug, Message = "Another silo changed the membership of cluster {ClusterId} first (status {Status}).")]
    private partial void LogContention(int status, string clusterId);

    [LoggerMessage(Level = LogLevel.Error, Message = "Row {RowKey} of cluster {ClusterId} in the membership table was ignored.")]
    private partial void LogUnreadableRow(Exception exception, string rowKey, string clusterId);
}
