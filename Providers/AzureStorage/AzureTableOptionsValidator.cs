using System.Text.RegularExpressions;
using Microsoft.Extensions.Options;

namespace Realtime.Providers.AzureStorage;

/// <summary>Refuses settings with which a table couldn't be reached, naming the setting and what it accepts.</summary>
/// <typeparam name="TOptions">The settings.</typeparam>
/// <param name="optionsName">The name of the settings that are checked; those of other names are skipped.</param>
/// <param name="subject">Whose settings, at the start of every sentence.</param>
internal sealed partial class AzureTableOptionsValidator<TOptions>(string optionsName, string subject) : IValidateOptions<TOptions>
    where TOptions : AzureTableOptions
{
    public ValidateOptionsResult Validate(string? name, TOptions options)
    {
        if (name != optionsName)
        {
            return ValidateOptionsResult.Skip;
        }

        var failures = new ValidateOptionsResultBuilder();
        var rules = new AccountRules(subject, failures);
        rules.Check(
            nameof(options.TableServiceClient), options.TableServiceClient, options.ConnectionString, options.ServiceUri, options.Credential,
            () => options.CreateServiceClient());
        rules.Require(
            TableName().IsMatch(options.TableName ?? ""),
            $"TableName must be 3 to 63 letters and digits, a letter first, but is '{options.TableName}'.");
        return failures.Build();
    }

    [GeneratedRegex(@"\A[A-Za-z][A-Za-z0-9]{2,62}\z")]
    private static partial Regex TableName();
}
