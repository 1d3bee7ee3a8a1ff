using System.ComponentModel.DataAnnotations;

namespace Realtime.Sessions;

/// <summary>What the grains need to know of resuming. Section <see cref="Section"/>.</summary>
public sealed class SessionOptions
{
    /// <summary>Name of the configuration section, which the gateways read too.</summary>
    public const string Section = "Realtime";

    /// <summary>How long a session can be resumed after its stream has ended; default 60 s (protocol 1.9).</summary>
    [Range(typeof(TimeSpan), "00:00:00", "01:00:00")]
    public TimeSpan ResumeWindow { get; set; } = TimeSpan.FromSeconds(60);
}
