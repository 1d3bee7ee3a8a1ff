using System.Globalization;
using Microsoft.Extensions.Logging.Testing;

namespace Realtime.Tests.Infrastructure;

/// <summary>What the processes of a test have logged of their own, to be told when it fails.</summary>
internal static class OwnLog
{
    private const int MaxLines = 400;

    /// <summary>Lets a provider hear of this project's own messages, and of no others.</summary>
    public static ILoggingBuilder AddOwnLog(this ILoggingBuilder logging, FakeLoggerProvider log) => logging
        .AddProvider(log)
        .AddFilter<FakeLoggerProvider>(null, LogLevel.None)
        .AddFilter<FakeLoggerProvider>("Realtime", LogLevel.Information);

    /// <summary>The latest lines.</summary>
    public static string GetText(this FakeLoggerProvider log) => string.Join(
        '\n',
        log.Collector.GetSnapshot().TakeLast(MaxLines).Select(static line => string.Create(
            CultureInfo.InvariantCulture, $"{line.Timestamp:HH:mm:ss.fff} {line.Level} {line.Category}: {line.Message} {line.Exception?.Message}")));
}
