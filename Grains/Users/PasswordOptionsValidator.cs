using Microsoft.Extensions.Options;

namespace Realtime.Users;

/// <summary>Stops a process with unusable settings.</summary>
internal sealed class PasswordOptionsValidator : IValidateOptions<PasswordOptions>
{
    /// <inheritdoc/>
    public ValidateOptionsResult Validate(string? name, PasswordOptions options) => options switch
    {
        { WorkFactor: < 4 or > 16 } => ValidateOptionsResult.Fail(
            $"{PasswordOptions.Section}:{nameof(options.WorkFactor)} must be between 4 and 16 but is {options.WorkFactor}."),
        { MaxWaiting: < 0 or > 10_000 } => ValidateOptionsResult.Fail(
            $"{PasswordOptions.Section}:{nameof(options.MaxWaiting)} must be between 0 and 10000 but is {options.MaxWaiting}."),
        _ => ValidateOptionsResult.Success,
    };
}
