using System.Globalization;
using Azure.Data.Tables;
using Orleans.Storage;

namespace Realtime.Providers.AzureStorage;

/// <summary>Consistent reads of all rows of one cluster.</summary>
internal static class ClusterRows
{
    private const int MaxAttempts = 5;

    /// <summary>Reads all silos' rows and the version row as they were at one moment.</summary>
    /// <exception cref="InconsistentStateException">The rows changed during every attempt.</exception>
    public static async Task<List<TableEntity>> ReadAsync(TableClient table, string clusterId)
    {
        string? first = null;
        string? last = null;
        for (var attempt = 0; attempt < MaxAttempts; attempt++)
        {
            var rows = new List<TableEntity>();
            var pages = 0;
            await foreach (var page in table.QueryAsync<TableEntity>(TableClient.CreateQueryFilter($"PartitionKey eq {clusterId}")).AsPages())
            {
                pages++;
                rows.AddRange(page.Values);
            }

            var version = Version(rows, VersionRow.Key)
                ?? throw new KeyNotFoundException($"The membership table '{table.Name}' has no version row for the cluster '{clusterId}'.");
            first = Version(rows, VersionRow.FirstKey);
            last = Version(rows, VersionRow.LastKey);
            if (pages <= 1 || Agree(first, last) || IsAhead(version, first, last))
            {
                rows.RemoveAll(row => row.RowKey is VersionRow.FirstKey or VersionRow.LastKey);
                return rows;
            }
        }

        throw new InconsistentStateException(
            $"The membership of the cluster '{clusterId}' in the table '{table.Name}' changed during each of {MaxAttempts} attempts to read it.",
            first,
            last);
    }

    // Neither is there when every silo so far was of a version of Orleans without the fences.
    private static bool Agree(string? first, string? last) => first == last;

    // Such silos move the version row only. While they are being upgraded an answer that may be torn is better than none.
    private static bool IsAhead(string version, string? first, string? last) =>
        Number(version) is { } current && Number(first) < current && Number(last) < current;

    private static string? Version(List<TableEntity> rows, string key) =>
        rows.Find(row => row.RowKey == key) is { } row ? VersionRow.VersionOf(row) : null;

    private static int? Number(string? version) =>
        int.TryParse(version, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;
}
