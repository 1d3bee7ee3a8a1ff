using System.ComponentModel.DataAnnotations;

namespace Realtime.Documents;

/// <summary>Settings of the document store in PostgreSQL, beside <see cref="DocumentOptions"/>, which bounds it too.</summary>
public sealed class PostgresOptions
{
    /// <summary>Configuration section, shared with <see cref="DocumentOptions"/>.</summary>
    public const string Section = DocumentOptions.Section;

    internal const string Setting = $"{Section}:{nameof(ConnectionString)}";

    /// <summary>
    /// Connection string of Npgsql, for example <c>Host=db;Database=realtime;Username=realtime;Password=…</c>. No default.
    /// The size of the pool follows from the bounds in <see cref="DocumentOptions"/>.
    /// </summary>
    [Required(AllowEmptyStrings = false, ErrorMessage = $"{Setting} must name the PostgreSQL database that keeps the documents.")]
    public string ConnectionString { get; set; } = "";

    /// <summary>
    /// Time that a group of writes may take, waiting included; default 4 s, then 503. Looking up a commit whose answer was
    /// lost comes on top, and 2.5 s for each when the server stands still: before the callers of writes give up after 10 s. Those of creates ask again after 4 s.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:00.1", "00:01:00")]
    public TimeSpan CommitTimeLimit { get; set; } = TimeSpan.FromSeconds(4);

    /// <summary>Time that finding out about a commit whose answer was lost may take; default 1 s.</summary>
    [Range(typeof(TimeSpan), "00:00:00.1", "00:01:00")]
    public TimeSpan LookupTimeLimit { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>Time that making an index may take; default 25 s, then 503. Its repository takes no writes meanwhile.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "01:00:00")]
    public TimeSpan IndexTimeLimit { get; set; } = TimeSpan.FromSeconds(25);

    /// <summary>Time that deleting a database may take; default 10 min. Asked again it begins anew.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "10:00:00")]
    public TimeSpan DeleteTimeLimit { get; set; } = TimeSpan.FromMinutes(10);

    /// <summary>Time for which a start waits for the server; default 1 min, then the process ends.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "01:00:00")]
    public TimeSpan StartTimeLimit { get; set; } = TimeSpan.FromMinutes(1);
}
