using System.Collections.Concurrent;
using Realtime.Gateways;

namespace Realtime.Tests.Channels;

/// <summary>Inboxes that keep what channels send to gateways.</summary>
internal sealed class RecordingInboxes : IInboxPublisher
{
    private readonly ConcurrentQueue<(string Gateway, ChannelPublications Publications)> _sent = new();
    private readonly ConcurrentQueue<(string Gateway, string ChannelKey)> _stopped = new();

    public void Publish(string gateway, InboxEvent inboxEvent)
    {
        if (inboxEvent is ChannelPublications publications)
        {
            _sent.Enqueue((gateway, publications));
        }
        else if (inboxEvent is ChannelStopped stopped)
        {
            _stopped.Enqueue((gateway, stopped.ChannelKey));
        }
    }

    /// <summary>What a gateway was sent, in order.</summary>
    public IEnumerable<ChannelPublications> SentTo(string gateway) =>
        _sent.Where(sent => sent.Gateway == gateway).Select(static sent => sent.Publications);

    /// <summary>Channels of which a gateway was told that an activation has ended.</summary>
    public IEnumerable<string> StoppedAt(string gateway) =>
        _stopped.Where(stopped => stopped.Gateway == gateway).Select(static stopped => stopped.ChannelKey);

    public IEnumerable<string> TextsOf(string gateway) => SentTo(gateway).Texts();
}
