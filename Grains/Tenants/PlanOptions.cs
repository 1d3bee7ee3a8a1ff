using System.Globalization;
using Microsoft.Extensions.Configuration;

namespace Realtime.Tenants;

/// <summary>The plans of section <see cref="Section"/>: <c>Realtime:Plans:{name}</c> = concurrent connections (protocol 4, 8).</summary>
internal sealed class PlanOptions
{
    /// <summary>Name of the section.</summary>
    public const string Section = "Realtime:Plans";

    /// <summary>
    /// Connections by name of the plan, in any letter case; 0 to 10,000,000. Configured plans add to the defaults or
    /// replace them: idea 25, launch 150, traction 500, growth 1000.
    /// </summary>
    public IDictionary<string, int> Limits { get; } = new Dictionary<string, int>(StringComparer.OrdinalIgnoreCase)
    {
        ["idea"] = 25,
        ["launch"] = 150,
        ["traction"] = 500,
        ["growth"] = 1000,
    };

    /// <summary>Takes configured plans in. What isn't a number becomes a limit that validation refuses.</summary>
    public void Read(IConfigurationSection section)
    {
        foreach (var plan in section.GetChildren())
        {
            Limits[plan.Key] = int.TryParse(plan.Value, NumberStyles.None, CultureInfo.InvariantCulture, out var limit) ? limit : -1;
        }
    }
}
