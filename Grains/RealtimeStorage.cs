namespace Realtime;

/// <summary>Names of grain storages that a silo may provide beside the default one.</summary>
public static class RealtimeStorage
{
    /// <summary>
    /// For states that grow with what a tenant has, such as lists of all its accounts: a row of a table may be too small
    /// for them. Silos that don't provide it keep them in the default storage.
    /// </summary>
    public const string Large = "large";
}
