using System.Collections.Concurrent;
using System.Globalization;

namespace Realtime.Tests.Infrastructure;

/// <summary>What the processes of a test have logged of their own, to be told when it fails.</summary>
internal sealed class RecordedLog : ILoggerProvider
{
    private const int MaxLines = 400;

    private readonly ConcurrentQueue<string> _lines = new();

    /// <summary>The latest lines.</summary>
    public string Text => string.Join('\n', _lines.TakeLast(MaxLines));

    /// <inheritdoc/>
    public ILogger CreateLogger(string categoryName) => new Logger(this, categoryName);

    /// <inheritdoc/>
    public void Dispose()
    {
    }

    private void Add(LogLevel level, string category, string message, Exception? exception) => _lines.Enqueue(string.Create(
        CultureInfo.InvariantCulture, $"{DateTime.UtcNow:HH:mm:ss.fff} {level} {category}: {message} {exception?.Message}"));

    private sealed class Logger(RecordedLog log, string category) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) =>
            logLevel >= LogLevel.Information && category.StartsWith("Realtime", StringComparison.Ordinal);

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (IsEnabled(logLevel))
            {
                log.Add(logLevel, category, formatter(state, exception), exception);
            }
        }
    }
}
