using System.ComponentModel.DataAnnotations;

namespace Realtime.Channels;

/// <summary>Bounds of a channel. Section <see cref="Section"/>.</summary>
public sealed class ChannelOptions
{
    /// <summary>Name of the configuration section.</summary>
    public const string Section = "Realtime:Channels";

    /// <summary>
    /// Publications that a channel keeps for gateways that missed some; default 10,000. With the other two bounds, whichever
    /// cuts first: a gateway may hear nothing for some seconds while a silo is lost. What a gateway published with one call, up to 256
    /// publications or 1 MiB, is dropped together.
    /// </summary>
    [Range(0, 1_000_000)]
    public int HistoryCount { get; set; } = 10_000;

    /// <summary>Bytes that a channel keeps for them, each publishing call charged 128 beside its payloads; default 4 MiB. Less than the 1 MiB of a
    /// call keeps nothing where members publish that much at once.</summary>
    [Range(0, 1024 * 1024 * 1024)]
    public long HistoryBytes { get; set; } = 4 * 1024 * 1024;

    /// <summary>
    /// How long a channel keeps a publication for them, to the minute when nothing follows it; default 3 min: a client may
    /// come back a minute after its stream has ended, and half a minute may pass before that is noticed.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:00", "1.00:00:00")]
    public TimeSpan HistoryAge { get; set; } = TimeSpan.FromMinutes(3);
}
