namespace Realtime.Providers.AzureStorage;

/// <summary>Settings of a client that finds its silos in an Azure table.</summary>
public sealed class AzureStorageGatewayOptions : AzureTableOptions
{
    /// <inheritdoc/>
    /// <remarks>Default <c>OrleansSiloInstances</c>; the silos' table.</remarks>
    public override string TableName { get; set; } = AzureStorageClusteringOptions.DefaultTableName;
}
