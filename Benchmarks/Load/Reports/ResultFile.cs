using System.Text.Json;
using System.Text.Json.Serialization;
using Realtime.Benchmarks.Load.Measures;

namespace Realtime.Benchmarks.Load.Reports;

/// <summary>Results as they are kept: an array in JSON.</summary>
internal static class ResultFile
{
    private static readonly JsonSerializerOptions Format = new(JsonSerializerDefaults.Web)
    {
        WriteIndented = true,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals,
    };

    /// <summary>Reads results; none if there is no file.</summary>
    public static List<Measurement> Read(string file) =>
        File.Exists(file) ? JsonSerializer.Deserialize<List<Measurement>>(File.ReadAllText(file), Format)! : [];

    /// <summary>Writes results over what is there.</summary>
    public static void Write(string file, IEnumerable<Measurement> results) =>
        File.WriteAllText(file, JsonSerializer.Serialize(results, Format) + "\n");
}
