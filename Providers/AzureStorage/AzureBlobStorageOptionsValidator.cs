using System.Text.RegularExpressions;
using Microsoft.Extensions.Options;

namespace Realtime.Providers.AzureStorage;

/// <summary>Refuses settings with which a container couldn't be reached, naming the setting and what it accepts.</summary>
/// <param name="provider">The provider whose settings are checked; those of other providers are skipped.</param>
internal sealed partial class AzureBlobStorageOptionsValidator(string provider) : IValidateOptions<AzureBlobStorageOptions>
{
    public ValidateOptionsResult Validate(string? name, AzureBlobStorageOptions options)
    {
        if (name != provider)
        {
            return ValidateOptionsResult.Skip;
        }

        var failures = new ValidateOptionsResultBuilder();
        var rules = new AccountRules($"Azure blob grain storage '{provider}'", failures);
        rules.Check(
            nameof(options.BlobServiceClient), options.BlobServiceClient, options.ConnectionString, options.ServiceUri, options.Credential,
            () => options.CreateServiceClient());
        rules.Require(
            options.ContainerName is { Length: >= 3 and <= 63 } container && ContainerName().IsMatch(container),
            $"ContainerName must be 3 to 63 lower-case letters and digits with single hyphens between, but is '{options.ContainerName}'.");
        return failures.Build();
    }

    [GeneratedRegex(@"\A[a-z0-9]+(-[a-z0-9]+)*\z")]
    private static partial Regex ContainerName();
}
