using Realtime.Channels;

namespace Realtime.Tests.Channels;

/// <summary>The channels of this process, as a test wants them.</summary>
internal sealed class FakeLocalChannels : ILocalChannels
{
    /// <summary>Answers publications; null if the grain has to be asked.</summary>
    public Func<PublishBatch, PublishReceipt?> Publish { get; set; } = static _ => null;

    public bool TryPublish(string channelKey, PublishBatch batch, out PublishReceipt receipt)
    {
        var answer = Publish(batch);
        receipt = answer.GetValueOrDefault();
        return answer is not null;
    }
}
