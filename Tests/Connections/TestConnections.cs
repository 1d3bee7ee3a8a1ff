using System.Text;
using Realtime.Gateway.Connections;
using Realtime.Gateway.Protocol;

namespace Realtime.Tests.Connections;

/// <summary>Connections without a transport: what was sent to them is read from their outboxes.</summary>
internal static class TestConnections
{
    /// <summary>A connection of a database.</summary>
    public static Connection Create(string? database = "db") =>
        new(TransportKind.WebSocket, database, new LimitOptions(), TimeProvider.System);

    /// <summary>Takes everything that waits, as text.</summary>
    public static List<string> Sent(this Connection connection)
    {
        var sent = new List<string>();
        while (connection.Outbox.TryTake(out var message))
        {
            var parts = message.Message.Parts is { IsEmpty: false } together ? together : [message.Message];
            sent.AddRange(parts.Select(static part => Encoding.UTF8.GetString(part.Json.Span)));
        }

        return sent;
    }

    /// <summary>A message that is its own text.</summary>
    public static OutboundMessage Message(string text) => OutboundMessage.Fixed(Encoding.UTF8.GetBytes(text));
}
