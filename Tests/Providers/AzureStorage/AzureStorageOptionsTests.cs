using Azure.Identity;
using Microsoft.Extensions.Options;
using Realtime.Providers.AzureStorage;

namespace Realtime.Tests.Providers.AzureStorage;

public sealed class AzureStorageOptionsTests
{
    public static TheoryData<Action<ISiloBuilder>, string[]> BadSettings => new()
    {
        {
            silo => silo.UseAzureStorageClustering(options => options.TableName = "1"),
            [
                "Azure Storage clustering: one of TableServiceClient, ConnectionString and ServiceUri must be set.",
                "Azure Storage clustering: TableName must be 3 to 63 letters and digits, a letter first, but is '1'.",
            ]
        },
        {
            silo => silo.AddAzureTableGrainStorageAsDefault(options => options.ServiceUri = new Uri("http://account.table.core.windows.net/?sig=secret")),
            ["Azure table grain storage 'Default': ServiceUri must be an https address without a query, but is http://account.table.core.windows.net/."]
        },
        {
            silo => silo.AddAzureBlobGrainStorage("blobs", options => options.ConnectionString = "AccountKey=secret"),
            ["Azure blob grain storage 'blobs': ConnectionString isn't the connection string of a storage account."]
        },
    };

    [Theory]
    [MemberData(nameof(BadSettings), DisableDiscoveryEnumeration = true)]
    public async Task Silo_DoesNotStart_WhenASettingIsBad(Action<ISiloBuilder> configure, string[] expected)
    {
        var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
        builder.UseOrleans(silo =>
        {
            silo.UseLocalhostClustering();
            configure(silo);
        });
        using var host = builder.Build();

        var failure = await Assert.ThrowsAsync<OptionsValidationException>(() => host.StartAsync(TestContext.Current.CancellationToken));

        Assert.Equal(expected, failure.Failures);
    }

    [Fact]
    public async Task Client_DoesNotStart_WhenNothingLeadsToTheAccount()
    {
        var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
        builder.UseOrleansClient(client => client.UseAzureStorageClustering(options => options.Configure(gateways => gateways.TableName = "silos")));
        using var host = builder.Build();

        var failure = await Assert.ThrowsAsync<OptionsValidationException>(() => host.StartAsync(TestContext.Current.CancellationToken));

        Assert.Equal(["Azure Storage gateway list: one of TableServiceClient, ConnectionString and ServiceUri must be set."], failure.Failures);
    }

    [Fact]
    public void Settings_AreNamed_WhenTheyContradictOneAnother()
    {
        var options = new AzureBlobStorageOptions
        {
            ConnectionString = "UseDevelopmentStorage=true",
            ServiceUri = new Uri("https://account.blob.core.windows.net"),
            ContainerName = "Grain--State",
        };

        var result = new AzureBlobStorageOptionsValidator("s").Validate("s", options);

        Assert.Equal(
            [
                "Azure blob grain storage 's': only one of BlobServiceClient, ConnectionString and ServiceUri may be set, but ConnectionString and ServiceUri are.",
                "Azure blob grain storage 's': ContainerName must be 3 to 63 lower-case letters and digits with single hyphens between, but is 'Grain--State'.",
            ],
            result.Failures);
    }

    [Fact]
    public void Credential_IsRefused_WhenThereIsNoAddressForIt()
    {
        var options = new AzureStorageClusteringOptions { ConnectionString = "UseDevelopmentStorage=true", Credential = new AzureCliCredential() };

        var result = new AzureTableOptionsValidator<AzureStorageClusteringOptions>("", "Clustering").Validate("", options);

        Assert.Equal(["Clustering: Credential is used with ServiceUri, which isn't set."], result.Failures);
    }

    [Fact]
    public void Address_IsEnough_WhenTheProcessHasAnIdentity()
    {
        var tables = new AzureTableStorageOptions { ServiceUri = new Uri("https://account.table.core.windows.net") };
        var blobs = new AzureBlobStorageOptions { ServiceUri = new Uri("https://account.blob.core.windows.net") };

        Assert.True(new AzureTableOptionsValidator<AzureTableStorageOptions>("s", "Tables").Validate("s", tables).Succeeded);
        Assert.True(new AzureBlobStorageOptionsValidator("s").Validate("s", blobs).Succeeded);
        Assert.Equal("https://account.table.core.windows.net/OrleansGrainState", tables.CreateTableClient().Uri.ToString());
        Assert.Equal("https://account.blob.core.windows.net/grainstate", blobs.CreateContainerClient().Uri.ToString());
    }
}
