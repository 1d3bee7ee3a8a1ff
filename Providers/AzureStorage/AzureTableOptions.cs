using Azure.Core;
using Azure.Data.Tables;
using Azure.Identity;

namespace Realtime.Providers.AzureStorage;

/// <summary>
/// A table and the way to it: exactly one of <see cref="TableServiceClient"/>, <see cref="ConnectionString"/> and
/// <see cref="ServiceUri"/>.
/// </summary>
/// <remarks>Code that is also built with Orleans' own packages sets <see cref="TableServiceClient"/>: they have no other of the three.</remarks>
public abstract class AzureTableOptions
{
    /// <summary>Name of the table: 3 to 63 letters and digits, a letter first. The table is created where it doesn't exist.</summary>
    public abstract string TableName { get; set; }

    /// <summary>A configured client; it comes with its own <see cref="ClientOptions"/>.</summary>
    public TableServiceClient? TableServiceClient { get; set; }

    /// <summary>A storage account's connection string, with its key or a shared access signature. A secret.</summary>
    public string? ConnectionString { get; set; }

    /// <summary>The account's table address, for example <c>https://account.table.core.windows.net</c>; used with <see cref="Credential"/>.</summary>
    public Uri? ServiceUri { get; set; }

    /// <summary>
    /// Who to be at <see cref="ServiceUri"/>; default is <see cref="DefaultAzureCredential"/>, which takes a pod's workload
    /// identity. Needs the role Storage Table Data Contributor.
    /// </summary>
    public TokenCredential? Credential { get; set; }

    /// <summary>Retries, transport and diagnostics of a client made from the other settings; default is the SDK's.</summary>
    public TableClientOptions? ClientOptions { get; set; }

    internal TableClient CreateTableClient() => CreateServiceClient().GetTableClient(TableName);

    internal TableServiceClient CreateServiceClient() => this switch
    {
        { TableServiceClient: { } client } => client,
        { ConnectionString: { Length: > 0 } connectionString } => new TableServiceClient(connectionString, ClientOptions),
        { ServiceUri: { } address } => new TableServiceClient(address, Credential ?? new DefaultAzureCredential(), ClientOptions),
        _ => throw new InvalidOperationException("There is no way to the table: the settings were not validated."),
    };
}
