namespace Realtime.Channels;

/// <summary>
/// The channels whose grains are active in this process, for those who publish here without a call to each: a gateway that is in this process,
/// too, and the relay of one that isn't. A call to a grain takes two turns of the thread pool and several microseconds, also here.
/// </summary>
public interface ILocalChannels
{
    /// <summary>
    /// Publishes like <see cref="IChannelGrain.PublishAsync"/>, without a turn of the grain, if the channel has members and there is nothing to settle.
    /// </summary>
    /// <param name="channelKey">Grain key of the channel.</param>
    /// <param name="batch">The publications.</param>
    /// <param name="receipt">Says that they are accepted, and where.</param>
    /// <returns>False if the grain has to be asked; nothing has happened then.</returns>
    bool TryPublish(string channelKey, PublishBatch batch, out PublishReceipt receipt);
}
