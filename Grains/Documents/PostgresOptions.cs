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
    /// Time that a group of writes may take, waiting included; default 6 s, then 503. Looking up a commit whose answer was
    /// lost comes on top; both must end before the callers of writes give up after 10 s.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:00.1", "00:01:00")]
    public TimeSpan CommitTimeLimit { get; set; } = TimeSpan.FromSeconds(6);

    /// <summary>Time that finding out about a commit whose answer was lost may take; default 2 s.</summary>
    [Range(typeof(TimeSpan), "00:00:00.1", "00:01:00")]
    public TimeSpan LookupTimeLimit { get; set; } = TimeSpan.FromSeconds(2);

    /// <summary>Time that making an index may take; default 25 s, then 503. Its repository takes no writes meanwhile.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "01:00:00")]
    public TimeSpan IndexTimeLimit { get; set; } = TimeSpan.FromSeconds(25);

    /// <summary>Time for which a start waits for the server; default 1 min, then the process ends.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "01:00:00")]
    public TimeSpan StartTimeLimit { get; set; } = TimeSpan.FromMinutes(1);
}
