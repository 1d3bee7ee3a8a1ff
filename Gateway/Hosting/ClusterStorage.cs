using Azure.Core;
using Azure.Data.Tables;
using Azure.Identity;
using Azure.Storage.Blobs;

namespace Realtime.Gateway.Hosting;

/// <summary>The clients of the cluster's storage account.</summary>
/// <param name="Tables">Its tables.</param>
/// <param name="Blobs">Its blobs.</param>
public sealed record ClusterStorage(TableServiceClient Tables, BlobServiceClient Blobs)
{
    // The SDK would wait for 100 s and try four times: far beyond what callers of grains wait, who would pile up behind it.
    private static readonly TimeSpan NetworkTimeout = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan FirstRetryDelay = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan LongestRetryDelay = TimeSpan.FromSeconds(1);
    private const int Retries = 2;

    /// <summary>Makes the clients; nothing is connected yet.</summary>
    /// <param name="options">Validated settings.</param>
    public static ClusterStorage Create(ClusterStorageOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        var (tables, blobs) = (Limit(new TableClientOptions()), Limit(new BlobClientOptions()));
        if (!string.IsNullOrEmpty(options.ConnectionString))
        {
            return new ClusterStorage(
                new TableServiceClient(options.ConnectionString, tables), new BlobServiceClient(options.ConnectionString, blobs));
        }

        var identity = new DefaultAzureCredential();
        return new ClusterStorage(
            new TableServiceClient(options.TableServiceUri, identity, tables), new BlobServiceClient(options.BlobServiceUri, identity, blobs));
    }

    /// <summary>Whether text is a connection string. What is wrong with it isn't told: it holds a secret.</summary>
    internal static bool CanRead(string connectionString)
    {
        try
        {
            _ = new TableServiceClient(connectionString);
            _ = new BlobServiceClient(connectionString);
            return true;
        }
        catch (Exception exception) when (exception is FormatException or ArgumentException or InvalidOperationException)
        {
            return false;
        }
    }

    private static TOptions Limit<TOptions>(TOptions options)
        where TOptions : ClientOptions
    {
        (options.Retry.NetworkTimeout, options.Retry.MaxRetries) = (NetworkTimeout, Retries);
        (options.Retry.Delay, options.Retry.MaxDelay) = (FirstRetryDelay, LongestRetryDelay);
        return options;
    }
}
