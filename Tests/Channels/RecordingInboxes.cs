using System.Collections.Concurrent;
using Realtime.Gateways;

namespace Realtime.Tests.Channels;

/// <summary>Inboxes that keep what channels send to gateways.</summary>
internal sealed class RecordingInboxes : IInboxPublisher
{
    private readonly ConcurrentQueue<(string Gateway, ChannelPublications Publications)> _sent = new();

    public void Publish(string gateway, InboxEvent inboxEvent)
    {
        if (inboxEvent is ChannelPublications publications)
        {
            _sent.Enqueue((gateway, publications));
        }
    }

    /// <summary>What a gateway was sent, in order.</summary>
    public IEnumerable<ChannelPublications> SentTo(string gateway) =>
        _sent.Where(sent => sent.Gateway == gateway).Select(static sent => sent.Publications);

    public IEnumerable<string> TextsOf(string gateway) => SentTo(gateway).Texts();
}
