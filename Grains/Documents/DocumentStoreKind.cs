namespace Realtime.Documents;

/// <summary>Where documents are kept. The host registers the store that is chosen.</summary>
public enum DocumentStoreKind
{
    /// <summary>SQLite files of this process; for a single silo.</summary>
    Sqlite = 0,

    /// <summary>A PostgreSQL server, shared by all silos.</summary>
    Postgres = 1,
}
