using Orleans.Configuration;
using Orleans.TestingHost;
using Realtime.Providers.AzureStorage;
using Realtime.Tests.Infrastructure;

namespace Realtime.Tests.Providers.AzureStorage;

/// <summary>Silos and clients with sockets between them that know one another from Azure Storage only.</summary>
public sealed class AzureClusterTests(Azurite azurite) : IAsyncDisposable
{
    private readonly string _name = Azurite.NewName();
    private readonly TestClusterPortAllocator _ports = new();
    private readonly List<IHost> _hosts = [];

    [Fact]
    public async Task GrainState_SurvivesARestartOfAllSilos_WhenKeptInAzureStorage()
    {
        // Keys with characters that a table's keys can't hold, and a state that a table's row can't.
        var keys = Enumerable.Range(0, 20).Select(number => $@"a/b\c#d?{number}").ToList();
        var large = new string('x', 2_000_000);
        await StartSilosAsync();
        var client = await StartClientAsync();
        await Task.WhenAll(keys.Select(key => client.GetGrain<INoteGrain>(key).WriteAsync(key, large + key)));
        var silos = (await Task.WhenAll(keys.Select(key => client.GetGrain<INoteGrain>(key).ReadAsync()))).Select(note => note.Silo).ToHashSet();
        await StopAsync();

        await StartSilosAsync();
        client = await StartClientAsync();
        var notes = await Task.WhenAll(keys.Select(key => client.GetGrain<INoteGrain>(key).ReadAsync()));

        Assert.Equal(2, silos.Count);
        Assert.Equal(keys, notes.Select(note => note.Text));
        Assert.Equal(keys, notes.Select(note => note.LargeText[large.Length..]));
        Assert.DoesNotContain(notes, note => silos.Contains(note.Silo));
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        _ports.Dispose();
    }

    private async Task StartSilosAsync()
    {
        var silos = await Task.WhenAll(StartSiloAsync(), StartSiloAsync());
        foreach (var silo in silos)
        {
            var management = silo.Services.GetRequiredService<IGrainFactory>().GetGrain<IManagementGrain>(0);
            await Eventually.TrueAsync(
                async () => (await management.GetHosts(onlyActive: true)).Count == 2, "two silos to know each other");
        }
    }

    private async Task<IHost> StartSiloAsync()
    {
        var connectionString = (await azurite.StartedAsync()).ConnectionString;
        var (siloPort, gatewayPort) = _ports.AllocateConsecutivePortPairs(1);
        return await StartAsync(builder => builder.UseOrleans(silo => silo
            .Configure<ClusterOptions>(Name)
            .ConfigureEndpoints(System.Net.IPAddress.Loopback, siloPort, gatewayPort)
            .UseAzureStorageClustering(options =>
            {
                options.ConnectionString = connectionString;
                options.TableName = _name;
            })
            .AddAzureTableGrainStorageAsDefault(options =>
            {
                options.ConnectionString = connectionString;
                options.TableName = _name;
            })
            .AddAzureBlobGrainStorage("blobs", options => options.Configure(blobs =>
            {
                blobs.ConnectionString = connectionString;
                blobs.ContainerName = _name;
            }))));
    }

    private async Task<IClusterClient> StartClientAsync()
    {
        var connectionString = (await azurite.StartedAsync()).ConnectionString;
        var host = await StartAsync(builder => builder.UseOrleansClient(client => client
            .Configure<ClusterOptions>(Name)
            .UseAzureStorageClustering(options =>
            {
                options.ConnectionString = connectionString;
                options.TableName = _name;
            })));
        return host.Services.GetRequiredService<IClusterClient>();
    }

    private async Task<IHost> StartAsync(Action<HostApplicationBuilder> configure)
    {
        var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
        configure(builder);
        var host = builder.Build();
        lock (_hosts)
        {
            _hosts.Add(host);
        }

        await host.StartAsync(TestContext.Current.CancellationToken).WaitAsync(TimeSpan.FromSeconds(60));
        return host;
    }

    // The client first: it would look for the silos again.
    private async Task StopAsync()
    {
        foreach (var host in Enumerable.Reverse(_hosts))
        {
            await host.StopAsync().WaitAsync(TimeSpan.FromSeconds(60));
            host.Dispose();
        }

        _hosts.Clear();
    }

    private void Name(ClusterOptions options)
    {
        options.ClusterId = _name;
        options.ServiceId = _name;
    }
}
