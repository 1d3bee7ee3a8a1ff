using System.ComponentModel.DataAnnotations;

namespace Realtime.Silo;

/// <summary>Settings of the all-in-one process. Section <see cref="Section"/>.</summary>
public sealed class SiloOptions
{
    /// <summary>Name of the configuration section.</summary>
    public const string Section = "Realtime";

    /// <summary>
    /// Folder of the embedded storage: grain state, documents and, in development, the signing key. Made if it doesn't
    /// exist. Default <c>data</c> in the current directory.
    /// </summary>
    [Required(ErrorMessage = "Realtime:DataFolder must name a folder.")]
    public string DataFolder { get; set; } = "data";
}
