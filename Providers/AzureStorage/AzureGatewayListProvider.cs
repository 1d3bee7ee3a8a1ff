using Azure.Data.Tables;
using Microsoft.Extensions.Options;
using Orleans.Configuration;
using Orleans.Messaging;

namespace Realtime.Providers.AzureStorage;

/// <summary>Finds the silos that accept clients in the table that the silos keep.</summary>
internal sealed class AzureGatewayListProvider(
    IOptions<AzureStorageGatewayOptions> options,
    IOptions<ClusterOptions> cluster,
    IOptions<GatewayOptions> gateways) : IGatewayListProvider
{
    private readonly TableClient _table = options.Value.CreateTableClient();

    public TimeSpan MaxStaleness => gateways.Value.GatewayListRefreshPeriod;

    public bool IsUpdatable => true;

    public Task InitializeGatewayListProvider() => _table.CreateIfNotExistsAsync();

    public async Task<IList<Uri>> GetGateways()
    {
        var active = nameof(SiloStatus.Active);
        var none = "0";
        var filter = TableClient.CreateQueryFilter($"PartitionKey eq {cluster.Value.ClusterId} and Status eq {active} and ProxyPort ne {none}");
        var found = new List<Uri>();
        await foreach (var row in _table.QueryAsync<TableEntity>(filter))
        {
            // The fences are Active too, and a missing column isn't "0" to every server.
            if (!VersionRow.Is(row))
            {
                found.Add(SiloRow.GatewayOf(row));
            }
        }

        return found;
    }
}
