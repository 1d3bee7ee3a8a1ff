using Microsoft.Extensions.Options;
using Npgsql;

namespace Realtime.Documents;

/// <summary>Checks the annotations of <see cref="PostgresOptions"/> at the start of the process.</summary>
[OptionsValidator]
internal sealed partial class PostgresOptionsValidator : IValidateOptions<PostgresOptions>;

/// <summary>Checks that the connection string is one, without repeating it: it may hold a password.</summary>
internal sealed class ConnectionStringValidator : IValidateOptions<PostgresOptions>
{
    /// <inheritdoc/>
    public ValidateOptionsResult Validate(string? name, PostgresOptions options)
    {
        try
        {
            return string.IsNullOrEmpty(options.ConnectionString)
                || !string.IsNullOrEmpty(new NpgsqlConnectionStringBuilder(options.ConnectionString).Host)
                ? ValidateOptionsResult.Success
                : ValidateOptionsResult.Fail($"{PostgresOptions.Setting} must name a Host.");
        }
        catch (Exception error) when (error is ArgumentException or FormatException)
        {
            return ValidateOptionsResult.Fail($"{PostgresOptions.Setting} is no connection string of Npgsql.");
        }
    }
}
