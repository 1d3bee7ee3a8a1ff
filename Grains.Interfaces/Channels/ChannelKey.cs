namespace Realtime.Channels;

/// <summary>
/// Grain key of a channel: <c>{database}:{base32 of SHA-256 of the name}</c>. The name itself can be 1,024 bytes long,
/// more than a storage key takes.
/// </summary>
public static class ChannelKey
{
    /// <summary>Prefix, in any letter case, of the channels that carry database events (protocol 1.4.4).</summary>
    public const string DocumentPrefix = "db-";

    /// <summary>The key of a database's channel.</summary>
    /// <param name="database">Public key.</param>
    /// <param name="name">Name of the channel, compared exactly.</param>
    public static string Create(string database, string name) => GrainKey.JoinHashed(database, name);
}
