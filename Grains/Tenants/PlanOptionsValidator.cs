using Microsoft.Extensions.Options;

namespace Realtime.Tenants;

/// <summary>Stops a process whose plans make no sense.</summary>
internal sealed class PlanOptionsValidator : IValidateOptions<PlanOptions>
{
    private const int MaxLimit = 10_000_000;

    /// <inheritdoc/>
    public ValidateOptionsResult Validate(string? name, PlanOptions options)
    {
        var failures = options.Limits
            .Where(static plan => plan.Value is < 0 or > MaxLimit)
            .Select(static plan => $"{PlanOptions.Section}:{plan.Key} must be a number between 0 and {MaxLimit}.")
            .ToArray();
        return failures.Length == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(failures);
    }
}
