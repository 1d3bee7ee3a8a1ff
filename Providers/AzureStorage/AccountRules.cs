using Azure.Core;
using Microsoft.Extensions.Options;

namespace Realtime.Providers.AzureStorage;

/// <summary>What the settings that lead to a storage account have to be, for tables and blobs alike.</summary>
/// <param name="subject">Whose settings, at the start of every sentence.</param>
/// <param name="failures">Receives the sentences.</param>
internal sealed class AccountRules(string subject, ValidateOptionsResultBuilder failures)
{
    /// <param name="clientSetting">Name of the setting that holds a configured client.</param>
    /// <param name="client">That client.</param>
    /// <param name="connectionString">The connection string.</param>
    /// <param name="serviceUri">The service address.</param>
    /// <param name="credential">The credential for the service address.</param>
    /// <param name="parse">Makes a client of the connection string, which fails when it can't be read.</param>
    public void Check(string clientSetting, object? client, string? connectionString, Uri? serviceUri, TokenCredential? credential, Action parse)
    {
        var set = new List<string>();
        if (client is not null)
        {
            set.Add(clientSetting);
        }

        if (!string.IsNullOrEmpty(connectionString))
        {
            set.Add("ConnectionString");
        }

        if (serviceUri is not null)
        {
            set.Add("ServiceUri");
        }

        Require(set.Count > 0, $"one of {clientSetting}, ConnectionString and ServiceUri must be set.");
        Require(set.Count < 2, $"only one of {clientSetting}, ConnectionString and ServiceUri may be set, but {string.Join(" and ", set)} are.");
        Require(credential is null || serviceUri is not null, "Credential is used with ServiceUri, which isn't set.");
        Require(
            serviceUri is null or { IsAbsoluteUri: true, Scheme: "https", Query: "", Fragment: "" },
            $"ServiceUri must be an https address without a query, but is {WithoutQuery(serviceUri)}.");
        Require(string.IsNullOrEmpty(connectionString) || CanBeRead(parse), "ConnectionString isn't the connection string of a storage account.");
    }

    public void Require(bool holds, string sentence)
    {
        if (!holds)
        {
            failures.AddError($"{subject}: {sentence}");
        }
    }

    // A query may be a shared access signature, which mustn't reach a log.
    private static string WithoutQuery(Uri? address) => address?.OriginalString.Split('?', '#')[0] ?? "";

    private static bool CanBeRead(Action parse)
    {
        try
        {
            parse();
            return true;
        }
        catch (Exception exception) when (exception is FormatException or ArgumentException or InvalidOperationException)
        {
            // The SDK's message isn't passed on: it may repeat parts of the secret.
            return false;
        }
    }
}
