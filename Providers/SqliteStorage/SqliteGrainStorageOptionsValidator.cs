using Microsoft.Extensions.Options;

namespace Realtime.Providers.SqliteStorage;

/// <summary>Refuses settings with which states couldn't be stored, naming the setting and what it accepts.</summary>
/// <param name="provider">The provider whose settings are checked; those of other providers are skipped.</param>
internal sealed class SqliteGrainStorageOptionsValidator(string provider) : IValidateOptions<SqliteGrainStorageOptions>
{
    public ValidateOptionsResult Validate(string? name, SqliteGrainStorageOptions options)
    {
        if (name != provider)
        {
            return ValidateOptionsResult.Skip;
        }

        var failures = new ValidateOptionsResultBuilder();
        Require(!string.IsNullOrWhiteSpace(options.DataSource), nameof(options.DataSource), "the path of a file", "empty");
        Require(
            !options.DataSource.Contains(":memory:", StringComparison.OrdinalIgnoreCase) && !options.DataSource.StartsWith("file:", StringComparison.OrdinalIgnoreCase),
            nameof(options.DataSource), "the path of a file", options.DataSource);
        Require(options.MaxConcurrentReads is >= 1 and <= 64, nameof(options.MaxConcurrentReads), "from 1 to 64", options.MaxConcurrentReads);
        Require(options.MaxWritesPerCommit is >= 1 and <= 10_000, nameof(options.MaxWritesPerCommit), "from 1 to 10000", options.MaxWritesPerCommit);
        return failures.Build();

        void Require(bool holds, string setting, string accepted, object actual)
        {
            if (!holds)
            {
                failures.AddError($"SQLite grain storage '{provider}': {setting} must be {accepted}, but is {actual}.");
            }
        }
    }
}
