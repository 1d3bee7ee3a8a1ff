using Realtime.Gateway.Protocol;

namespace Realtime.Gateway.Connections;

/// <summary>A message on its way to one client.</summary>
/// <param name="Message">The message, shared with others.</param>
/// <param name="Slot">
/// The membership that it comes from, which its position counts for; or <see cref="ReplySlot"/> or <see cref="NoSlot"/>.
/// </param>
internal readonly record struct OutboxItem(OutboundMessage Message, int Slot)
{
    /// <summary>It is a direct reply, and those are counted.</summary>
    public const int ReplySlot = -1;

    /// <summary>Nobody could miss it.</summary>
    public const int NoSlot = -2;

    /// <summary>A direct reply.</summary>
    public static OutboxItem Reply(OutboundMessage message) => new(message, ReplySlot);
}
