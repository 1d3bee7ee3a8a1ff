using System.Collections.Immutable;

namespace Realtime.Gateway.Protocol;

/// <summary>
/// Messages of one channel as Server-Sent Events (protocol 1.5), without what differs between members: each begins in the midst
/// of its id, with the part that says where the channel has got.
/// </summary>
internal sealed class SharedEvents
{
    private readonly byte[] _bytes;
    private readonly int[] _ends;

    private SharedEvents(ImmutableArray<OutboundMessage> messages, bool isNear)
    {
        var idLength = ResumeStep.To(messages[^1].Position, isNear).MaxTextLengthUpToHere();
        _ends = new int[messages.Length];
        _bytes = new byte[messages.Sum(message => idLength + 1 + ServerSentEvent.DataPrefix.Length + message.Length + ServerSentEvent.End.Length)];
        var length = 0;
        for (var i = 0; i < messages.Length; i++)
        {
            length += ResumeStep.To(messages[i].Position, isNear).WriteText(_bytes.AsSpan(length));
            _bytes[length++] = ServerSentEvent.LineEnd;
            var rest = ServerSentEvent.Copy(ServerSentEvent.DataPrefix, _bytes.AsSpan(length));
            rest = ServerSentEvent.Copy(messages[i].Json.Span, rest);
            rest = ServerSentEvent.Copy(ServerSentEvent.End, rest);
            length = _ends[i] = _bytes.Length - rest.Length;
        }
    }

    /// <summary>Number of events.</summary>
    public int Count => _ends.Length;

    /// <summary>An event from the last part of its id on.</summary>
    public ReadOnlySpan<byte> this[int index]
    {
        get
        {
            var start = index == 0 ? 0 : _ends[index - 1];
            return _bytes.AsSpan(start, _ends[index] - start);
        }
    }

    /// <summary>Makes them.</summary>
    /// <param name="messages">The messages.</param>
    /// <param name="isNear">Whether they are for members who began not far from there.</param>
    /// <returns>The events; null unless all members get the same bytes, in one epoch.</returns>
    public static SharedEvents? TryCreate(ImmutableArray<OutboundMessage> messages, bool isNear)
    {
        var end = messages[^1].Position;
        return messages.All(message => !message.HasSidSlot && message.Position.Epoch == end.Epoch && message.Position <= end)
            ? new SharedEvents(messages, isNear)
            : null;
    }
}
