using System.Collections.Concurrent;
using System.Globalization;
using Realtime.Tests.Chaos.History;

namespace Realtime.Tests.Chaos;

/// <summary>What happened in a run, line by line, and which promises were broken.</summary>
internal sealed class Timeline(RunClock clock)
{
    private const int MaxLines = 50_000;
    private const int MaxAlike = 6;

    // The logs of the processes have the time of day.
    private readonly ConcurrentQueue<string> _lines = new([$"    0.000  is {DateTimeOffset.UtcNow - clock.Now:HH:mm:ss.fff} UTC"]);
    private readonly ConcurrentDictionary<string, Violation> _violations = new(StringComparer.Ordinal);

    /// <summary>Called with each line; for long runs, to be watched.</summary>
    public Action<string>? Watcher { get; set; }

    /// <summary>The clock of all lines.</summary>
    public RunClock Clock => clock;

    /// <summary>Broken promises so far, each once.</summary>
    public IReadOnlyCollection<Violation> Violations => [.. _violations.Values];

    /// <summary>All lines so far.</summary>
    public IReadOnlyCollection<string> Lines => _lines;

    /// <summary>Adds a line.</summary>
    public void Add(string text)
    {
        if (_lines.Count < MaxLines)
        {
            var line = string.Create(CultureInfo.InvariantCulture, $"{clock.Now.TotalSeconds,9:F3}  {text}");
            _lines.Enqueue(line);
            Watcher?.Invoke(line);
        }
    }

    /// <summary>Adds a broken promise, unless it is known; of those that are alike only so many as a reader can want.</summary>
    public void Report(Violation violation)
    {
        if (_violations.Values.Count(known => known.Promise == violation.Promise && known.Where == violation.Where) < MaxAlike
            && _violations.TryAdd(violation.ToString(), violation))
        {
            Add($"VIOLATION {violation}");
        }
    }

    /// <summary>Adds several.</summary>
    public void Report(IEnumerable<Violation> violations)
    {
        foreach (var violation in violations)
        {
            Report(violation);
        }
    }
}
