using System.Net;
using Azure.Data.Tables;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Orleans.Configuration;
using Realtime.Providers.AzureStorage;

namespace Realtime.Tests.Providers.AzureStorage;

/// <summary>A new cluster in a table of its own for each test.</summary>
public abstract class AzureMembershipTest(Azurite azurite) : IAsyncLifetime
{
    private readonly string _tableName = Azurite.NewName();
    private TableServiceClient? _tables;
    private AzureMembershipTable? _membership;

    protected string ClusterId { get; } = $"it's cluster {Guid.NewGuid():N}";

    protected TableServiceClient Tables => _tables!;

    protected TableClient Table => Tables.GetTableClient(_tableName);

    private protected AzureMembershipTable Membership => _membership!;

    public async ValueTask InitializeAsync()
    {
        _tables = await azurite.TablesAsync();
        _membership = new AzureMembershipTable(
            Options.Create(new AzureStorageClusteringOptions { TableServiceClient = _tables, TableName = _tableName }),
            Options.Create(new ClusterOptions { ClusterId = ClusterId }),
            NullLogger<AzureMembershipTable>.Instance);
        await _membership.InitializeMembershipTable(tryInitTableVersion: true);
    }

    public ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        return ValueTask.CompletedTask;
    }

    protected static MembershipEntry NewEntry(IPAddress? address = null, SiloStatus status = SiloStatus.Active, int proxyPort = 30000)
    {
        var start = new DateTime(2026, 2, 3, 4, 5, 6, 789, DateTimeKind.Utc);
        var entry = new MembershipEntry
        {
            SiloAddress = SiloAddress.New(address ?? IPAddress.Loopback, Random.Shared.Next(1, 65536), Random.Shared.Next()),
            HostName = "höst",
            SiloName = "silo | one",
            RoleName = "role",
            Status = status,
            ProxyPort = proxyPort,
            UpdateZone = 2,
            FaultZone = 3,
            StartTime = start,
            IAmAliveTime = start.AddMinutes(1),
        };
        entry.AddSuspector(SiloAddress.New(IPAddress.Loopback, 11111, 5), start.AddSeconds(1));
        entry.AddSuspector(SiloAddress.New(IPAddress.IPv6Loopback, 11112, 6), start.AddSeconds(2));
        return entry;
    }

    protected async Task<bool> InsertAsync(MembershipEntry entry) => await Membership.InsertRow(entry, (await Membership.ReadAll()).Version.Next());
}
