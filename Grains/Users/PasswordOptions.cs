namespace Realtime.Users;

/// <summary>How passwords are hashed.</summary>
internal sealed class PasswordOptions
{
    /// <summary>Name of the section.</summary>
    public const string Section = "Realtime:Passwords";

    /// <summary>Binary logarithm of bcrypt's rounds, 4 to 16; default 11, about 0.1 s. Existing hashes keep theirs.</summary>
    public int WorkFactor { get; set; } = 11;

    /// <summary>
    /// Passwords that may wait for a processor, 0 to 10,000; default 64. More are refused with
    /// <see cref="TemporarilyUnavailableException"/> instead of waiting longer than their callers.
    /// </summary>
    public int MaxWaiting { get; set; } = 64;
}
