namespace Realtime;

/// <summary>
/// The process has more work than it takes on, and this request was refused before anything was done. Callers answer
/// <see cref="RealtimeError.TemporarilyUnavailable"/>.
/// </summary>
[GenerateSerializer, Alias("realtime.TemporarilyUnavailableException")]
public sealed class TemporarilyUnavailableException : Exception
{
    /// <summary>Makes one with the sentence of <see cref="RealtimeError.TemporarilyUnavailable"/>.</summary>
    public TemporarilyUnavailableException()
        : base(RealtimeError.TemporarilyUnavailable.Message)
    {
    }

    /// <summary>Makes one.</summary>
    /// <param name="message">What is overloaded.</param>
    public TemporarilyUnavailableException(string message)
        : base(message)
    {
    }

    /// <summary>Makes one.</summary>
    /// <param name="message">What is overloaded.</param>
    /// <param name="innerException">What it came from.</param>
    public TemporarilyUnavailableException(string message, Exception innerException)
        : base(message, innerException)
    {
    }
}
