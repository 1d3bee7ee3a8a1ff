using System.ComponentModel.DataAnnotations;

namespace Realtime.Channels;

/// <summary>Bounds of a channel. Section <see cref="Section"/>.</summary>
public sealed class ChannelOptions
{
    /// <summary>Name of the configuration section.</summary>
    public const string Section = "Realtime:Channels";

    /// <summary>Publications that a channel keeps for gateways that missed some; default 1,000.</summary>
    [Range(0, 1_000_000)]
    public int HistoryCount { get; set; } = 1000;

    /// <summary>Bytes that a channel keeps for gateways that missed some; default 1 MiB.</summary>
    [Range(0, 1024 * 1024 * 1024)]
    public long HistoryBytes { get; set; } = 1024 * 1024;
}
