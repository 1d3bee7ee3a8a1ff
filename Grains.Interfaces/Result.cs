namespace Realtime;

/// <summary>A value, or the refusal that took its place.</summary>
/// <typeparam name="T">Type of the value.</typeparam>
/// <param name="Value">The value; default if refused.</param>
/// <param name="Error">Why it was refused; null if it wasn't.</param>
[GenerateSerializer, Immutable, Alias("realtime.Result`1")]
public readonly record struct Result<T>(T? Value, RealtimeError? Error)
{
    /// <summary>Wraps a value.</summary>
    /// <param name="value">The value.</param>
    public static implicit operator Result<T>(T value) => new(value, null);

    /// <summary>Wraps a refusal.</summary>
    /// <param name="error">The refusal.</param>
    public static implicit operator Result<T>(RealtimeError error) => new(default, error);
}
