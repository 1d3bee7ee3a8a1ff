using Npgsql;

namespace Realtime.Documents;

/// <summary>One document as it is stored.</summary>
/// <param name="Sequence">Its number in the repository.</param>
/// <param name="Id">Its id.</param>
/// <param name="Account">Its account.</param>
/// <param name="Owner">Its owner.</param>
/// <param name="Body">Its JSON.</param>
internal sealed record PostgresDocument(long Sequence, string Id, string Account, string Owner, ReadOnlyMemory<byte> Body)
{
    /// <summary>Columns that <see cref="Read"/> takes.</summary>
    public const string Columns = "d.seq, d.id, d.account, d.owner, d.body";

    /// <summary>Its fields.</summary>
    public JsonFields Fields => JsonFields.TryParse(Body) ?? throw new InvalidOperationException("A stored document isn't a JSON object.");

    /// <summary>Whether it is in a scope.</summary>
    /// <param name="scope">The scope.</param>
    public bool IsIn(DocumentScope scope) => scope.Contains(Account, Owner);

    /// <summary>Reads a row.</summary>
    /// <param name="reader">Stands at the row.</param>
    public static PostgresDocument Read(NpgsqlDataReader reader) => new(
        reader.GetInt64(0), reader.GetString(1), reader.GetString(2), reader.GetString(3), reader.GetFieldValue<byte[]>(4));
}
