using System.Globalization;

namespace Realtime.Benchmarks.Load.Measures;

/// <summary>What processes have used, as the system tells it.</summary>
/// <param name="Cpu">Processor time of all threads, user and system.</param>
/// <param name="MemoryBytes">Resident memory.</param>
internal readonly record struct ProcessUse(TimeSpan Cpu, long MemoryBytes)
{
    // USER_HZ, fixed at 100 in Linux' interface to programs.
    private const double TicksPerSecond = 100;
    private const int UserTicksAfterName = 11;

    /// <summary>The sum over processes.</summary>
    public static ProcessUse Read(IEnumerable<int> processIds)
    {
        var (cpu, memory) = (0.0, 0L);
        foreach (var id in processIds)
        {
            // The name, in parentheses, may hold blanks.
            var stat = File.ReadAllText($"/proc/{id}/stat");
            var fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
            cpu += long.Parse(fields[UserTicksAfterName], CultureInfo.InvariantCulture)
                + long.Parse(fields[UserTicksAfterName + 1], CultureInfo.InvariantCulture);
            var resident = File.ReadLines($"/proc/{id}/status").First(static line => line.StartsWith("VmRSS:", StringComparison.Ordinal));
            memory += 1024 * long.Parse(resident.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture);
        }

        return new ProcessUse(TimeSpan.FromSeconds(cpu / TicksPerSecond), memory);
    }

    public static ProcessUse operator -(ProcessUse later, ProcessUse earlier) =>
        new(later.Cpu - earlier.Cpu, later.MemoryBytes - earlier.MemoryBytes);
}
