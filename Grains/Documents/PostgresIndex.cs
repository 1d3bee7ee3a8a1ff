namespace Realtime.Documents;

/// <summary>An index made on request: for each document of its repository an entry with the key of one field.</summary>
/// <param name="Id">Its number.</param>
/// <param name="Field">The field.</param>
/// <param name="IsExact">Whether no key has ever been longer than an entry, so that entries sort like the keys.</param>
internal sealed record PostgresIndex(long Id, string Field, bool IsExact)
{
    /// <summary>
    /// Characters of a key that an entry keeps: PostgreSQL takes no entries above 2.7 kB, and a character is up to 4 bytes.
    /// </summary>
    public const int EntryLength = 256;

    /// <summary>The entry of a key.</summary>
    /// <param name="key">SQL.</param>
    public static string EntryOf(string key) => $"left({key}, {EntryLength})";

    /// <summary>Numbers of the documents whose entry meets a condition.</summary>
    /// <param name="id">Parameter for the number of the index.</param>
    /// <param name="condition">Writes the condition about the name of an entry.</param>
    public static string Find(string id, Func<string, string> condition) =>
        $"SELECT e.seq FROM realtime.index_entries e WHERE e.index = {id} AND {condition("e.entry")}";
}

/// <summary>A repository as it stands at the beginning of a transaction.</summary>
/// <param name="Id">Its number.</param>
/// <param name="Position">Number of its last change.</param>
/// <param name="Documents">Number of its documents.</param>
/// <param name="Indexes">Its indexes.</param>
/// <param name="Outbox">How far its outbox has come.</param>
/// <param name="Now">The database's time, in Unix milliseconds: that of the silos may differ.</param>
internal sealed record PostgresRepository(
    long Id, long Position, long Documents, IReadOnlyList<PostgresIndex> Indexes, OutboxMark Outbox, long Now)
{
    /// <summary>The index of a field, or null.</summary>
    /// <param name="field">The field.</param>
    public PostgresIndex? FindIndex(string field) => Indexes.FirstOrDefault(index => index.Field == field);
}
