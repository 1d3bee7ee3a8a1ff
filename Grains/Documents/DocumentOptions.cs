using System.ComponentModel.DataAnnotations;

namespace Realtime.Documents;

/// <summary>Settings of documents and of the stores that keep them.</summary>
public sealed class DocumentOptions
{
    /// <summary>Configuration section.</summary>
    public const string Section = "Realtime:Documents";

    /// <summary>A database has <see cref="MaxRepositories"/>.</summary>
    internal static readonly RealtimeError TooManyRepositories = RealtimeError.BadRequest("too many repositories");

    /// <summary>Which store keeps documents; default <see cref="DocumentStoreKind.Sqlite"/>.</summary>
    public DocumentStoreKind Store { get; set; } = DocumentStoreKind.Sqlite;

    /// <summary>Folder of the embedded store; its files are below <c>documents/</c> in it. The host sets it from <c>Realtime:DataFolder</c>.</summary>
    [Required(AllowEmptyStrings = false, ErrorMessage = "Realtime:DataFolder must name the folder that keeps the documents.")]
    public string DataFolder { get; set; } = "data";

    /// <summary>Most repositories of one database; default 1,000. A write that would make one more is refused (400).</summary>
    [Range(1, 100_000)]
    public int MaxRepositories { get; set; } = 1000;

    /// <summary>Most indexes of one repository that <c>/sudo/index</c> makes; default 16. Each costs time at every write.</summary>
    [Range(0, 64)]
    public int MaxIndexes { get; set; } = 16;

    /// <summary>Time that one read may take in the database; default 2 s, then 503 <c>query took too long</c> (protocol 3.3).</summary>
    [Range(typeof(TimeSpan), "00:00:00.001", "00:01:00")]
    public TimeSpan FilterTimeLimit { get; set; } = TimeSpan.FromSeconds(2);

    /// <summary>Embedded store: database files that stay open while nobody uses them; default 64. Each holds a few file handles and up to 2 MB of cache per connection.</summary>
    [Range(1, 10_000)]
    public int MaxOpenDatabases { get; set; } = 64;

    /// <summary>Reads by id and by page that run at once, over all databases; default 8. Others wait.</summary>
    [Range(1, 256)]
    public int MaxConcurrentLookups { get; set; } = 8;

    /// <summary>Reads with conditions that run at once, over all databases; default 4. They are apart from lookups, so that slow filters don't hold those up.</summary>
    [Range(1, 256)]
    public int MaxConcurrentFilters { get; set; } = 4;

    /// <summary>Time that a read may wait for its turn; default 3 s, then 503.</summary>
    [Range(typeof(TimeSpan), "00:00:00.001", "00:01:00")]
    public TimeSpan MaxReadWait { get; set; } = TimeSpan.FromSeconds(3);

    /// <summary>Transactions that run at once, over all databases (one at a time per database); default 8.</summary>
    [Range(1, 256)]
    public int MaxConcurrentCommits { get; set; } = 8;

    /// <summary>Bytes of documents in one answer; default 64 MiB, then 413. Protects the silo from pages of the largest documents.</summary>
    [Range(DocumentLimits.MaxDocumentBytes, 1024 * 1024 * 1024)]
    public int MaxAnswerBytes { get; set; } = 64 * 1024 * 1024;

    /// <summary>Most writes of one repository that commit together; default 256.</summary>
    [Range(1, 10_000)]
    public int MaxBatchWrites { get; set; } = 256;

    /// <summary>Bytes after which a group of writes is full; default 4 MiB. A single write may be larger.</summary>
    [Range(1, 256 * 1024 * 1024)]
    public int MaxBatchBytes { get; set; } = 4 * 1024 * 1024;

    /// <summary>Most writes that wait for a repository; default 4,096. Further ones are refused (503).</summary>
    [Range(1, 1_000_000)]
    public int MaxWaitingWrites { get; set; } = 4096;

    /// <summary>Bytes of writes that wait for a repository; default 64 MiB. Further ones are refused (503).</summary>
    [Range(1, 1024 * 1024 * 1024)]
    public int MaxWaitingBytes { get; set; } = 64 * 1024 * 1024;

    /// <summary>Documents that a bulk update or delete changes in one transaction; default 200. Other writes run in between.</summary>
    [Range(1, 10_000)]
    public int ChunkDocuments { get; set; } = 200;

    /// <summary>Bytes of documents after which such a chunk is full; default 1 MiB.</summary>
    [Range(1, 64 * 1024 * 1024)]
    public int ChunkBytes { get; set; } = 1024 * 1024;

    /// <summary>Bytes of events a second that bulk updates and deletes of one repository send to its members; default 8 MiB.</summary>
    [Range(1, 1024 * 1024 * 1024)]
    public int BulkBytesPerSecond { get; set; } = 8 * 1024 * 1024;

    /// <summary>
    /// Changes that a repository's outbox keeps, for gateways that missed some; default 10,000. Of the three bounds the
    /// one that is reached first counts, but <see cref="OutboxGrace"/> comes before them.
    /// </summary>
    [Range(1, 10_000_000)]
    public int OutboxChanges { get; set; } = 10_000;

    /// <summary>Bytes of changes that a repository's outbox keeps; default 16 MiB.</summary>
    [Range(1, 1024 * 1024 * 1024)]
    public int OutboxBytes { get; set; } = 16 * 1024 * 1024;

    /// <summary>Time for which a repository's outbox keeps changes; default 10 min. Older ones go with a later write.</summary>
    [Range(typeof(TimeSpan), "00:00:00.010", "7.00:00:00")]
    public TimeSpan OutboxAge { get; set; } = TimeSpan.FromMinutes(10);

    /// <summary>
    /// Time for which changes are kept whatever their number, so that a lost silo is survived under the heaviest load,
    /// too; default 30 s. Only <see cref="MaxOutboxBytes"/> is above it.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:00", "01:00:00")]
    public TimeSpan OutboxGrace { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>Bytes of changes that a repository's outbox never exceeds by much; default 128 MiB.</summary>
    [Range(1, 1024 * 1024 * 1024)]
    public int MaxOutboxBytes { get; set; } = 128 * 1024 * 1024;

    /// <summary>How often a repository with members drops gateways that are gone and looks for changes that it didn't make; default 30 s.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "01:00:00")]
    public TimeSpan MemberCheckPeriod { get; set; } = TimeSpan.FromSeconds(30);
}
