using Orleans.Storage;

namespace Realtime.Providers.SqliteStorage;

/// <summary>Settings of grain state in one SQLite file.</summary>
public sealed class SqliteGrainStorageOptions : IStorageProviderSerializerOptions
{
    /// <summary>
    /// Path of the database file; required. The file and its folder are created. Several providers may share a file;
    /// several silos may not, and neither may it lie on a network share.
    /// </summary>
    public string DataSource { get; set; } = "";

    /// <summary>Reads running at the same time, at most; default 4. Each holds a thread and a connection while it runs.</summary>
    public int MaxConcurrentReads { get; set; } = 4;

    /// <summary>Writes committed together, at most; default 128. Writes that wait for one another's commit form a group.</summary>
    public int MaxWritesPerCommit { get; set; } = 128;

    /// <summary>Turns states into bytes; default is the serializer that the silo is configured with.</summary>
    public IGrainStorageSerializer GrainStorageSerializer { get; set; } = null!;
}
