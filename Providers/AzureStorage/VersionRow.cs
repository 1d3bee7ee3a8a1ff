using System.Globalization;
using Azure;
using Azure.Data.Tables;

namespace Realtime.Providers.AzureStorage;

/// <summary>The three rows of a cluster that hold the version of its membership.</summary>
/// <remarks>
/// Every change of a silo's row replaces all of them in its transaction. The version row is what writers compete for. The
/// other two sort before and after every silo and fence reads of several pages: when they hold the same version, nothing
/// was written while the pages were read.
/// </remarks>
internal static class VersionRow
{
    public const string Key = "VersionRow";
    public const string FirstKey = "!Start";
    public const string LastKey = "~End";

    private const string MembershipVersion = "MembershipVersion";

    public static bool Is(TableEntity row) => row.RowKey is Key or FirstKey or LastKey;

    public static string? VersionOf(TableEntity row) => row.GetString(MembershipVersion);

    public static TableVersion Parse(TableEntity row) =>
        int.TryParse(VersionOf(row), NumberStyles.None, CultureInfo.InvariantCulture, out var version)
            ? new TableVersion(version, row.ETag.ToString())
            : throw new FormatException("The version row of the membership table holds no version.");

    /// <summary>Makes the rows of a new cluster.</summary>
    public static IEnumerable<TableTransactionAction> Create(string clusterId) =>
        [.. new[] { Key, FirstKey, LastKey }.Select(key => new TableTransactionAction(TableTransactionActionType.Add, New(clusterId, key, 0)))];

    /// <summary>Replaces the rows, if the version row is still the one that the new version was made from.</summary>
    public static IEnumerable<TableTransactionAction> Replace(string clusterId, TableVersion version) =>
    [
        new(TableTransactionActionType.UpdateReplace, New(clusterId, Key, version.Version), new ETag(version.VersionEtag)),
        // Upserts: a cluster made by a version of Orleans without the fences has none yet.
        new(TableTransactionActionType.UpsertReplace, New(clusterId, FirstKey, version.Version)),
        new(TableTransactionActionType.UpsertReplace, New(clusterId, LastKey, version.Version)),
    ];

    private static TableEntity New(string clusterId, string key, int version)
    {
        var row = new TableEntity(clusterId, key)
        {
            ["DeploymentId"] = clusterId,
            [MembershipVersion] = version.ToString(CultureInfo.InvariantCulture),
        };
        if (key != Key)
        {
            // Older versions of Orleans would clean the fences up as rows of dead silos.
            row[SiloRow.Status] = nameof(SiloStatus.Active);
        }

        return row;
    }
}
