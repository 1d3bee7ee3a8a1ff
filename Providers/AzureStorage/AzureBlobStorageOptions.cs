using Azure.Core;
using Azure.Identity;
using Azure.Storage.Blobs;
using Orleans.Storage;

namespace Realtime.Providers.AzureStorage;

/// <summary>
/// Settings of grain state in Azure blobs: a container and the way to it, exactly one of <see cref="BlobServiceClient"/>,
/// <see cref="ConnectionString"/> and <see cref="ServiceUri"/>.
/// </summary>
/// <remarks>Code that is also built with Orleans' own packages sets <see cref="BlobServiceClient"/>: they have no other of the three.</remarks>
public sealed class AzureBlobStorageOptions : IStorageProviderSerializerOptions
{
    /// <summary>
    /// Name of the container; default <c>grainstate</c>. 3 to 63 lower-case letters and digits with single hyphens between.
    /// The container is created where it doesn't exist. Blob names don't hold the service's id: give each service its own.
    /// </summary>
    public string ContainerName { get; set; } = "grainstate";

    /// <summary>A configured client; it comes with its own <see cref="ClientOptions"/>.</summary>
    public BlobServiceClient? BlobServiceClient { get; set; }

    /// <summary>A storage account's connection string, with its key or a shared access signature. A secret.</summary>
    public string? ConnectionString { get; set; }

    /// <summary>The account's blob address, for example <c>https://account.blob.core.windows.net</c>; used with <see cref="Credential"/>.</summary>
    public Uri? ServiceUri { get; set; }

    /// <summary>
    /// Who to be at <see cref="ServiceUri"/>; default is <see cref="DefaultAzureCredential"/>, which takes a pod's workload
    /// identity. Needs the role Storage Blob Data Contributor.
    /// </summary>
    public TokenCredential? Credential { get; set; }

    /// <summary>Retries, transport and diagnostics of a client made from the other settings; default is the SDK's.</summary>
    public BlobClientOptions? ClientOptions { get; set; }

    /// <summary>Whether a clear deletes the blob; default true. With false, an empty blob stays.</summary>
    public bool DeleteStateOnClear { get; set; } = true;

    /// <summary>Turns states into bytes; default is the serializer that the silo is configured with.</summary>
    public IGrainStorageSerializer GrainStorageSerializer { get; set; } = null!;

    internal BlobContainerClient CreateContainerClient() => CreateServiceClient().GetBlobContainerClient(ContainerName);

    internal BlobServiceClient CreateServiceClient() => this switch
    {
        { BlobServiceClient: { } client } => client,
        { ConnectionString: { Length: > 0 } connectionString } => new BlobServiceClient(connectionString, ClientOptions),
        { ServiceUri: { } address } => new BlobServiceClient(address, Credential ?? new DefaultAzureCredential(), ClientOptions),
        _ => throw new InvalidOperationException("There is no way to the container: the settings were not validated."),
    };
}
