namespace Realtime.Providers.AzureStorage;

/// <summary>Settings of a silo's membership in an Azure table.</summary>
public sealed class AzureStorageClusteringOptions : AzureTableOptions
{
    internal const string DefaultTableName = "OrleansSiloInstances";

    /// <inheritdoc/>
    /// <remarks>Default <c>OrleansSiloInstances</c>. Clusters with different ids may share a table.</remarks>
    public override string TableName { get; set; } = DefaultTableName;
}
