namespace Realtime.Channels;

/// <summary>
/// The channels whose grains are active in this process, for a gateway that is in it, too. A call to a grain takes two turns of
/// the thread pool and several microseconds, also here.
/// </summary>
public interface ILocalChannels
{
    /// <summary>
    /// Publishes like <see cref="IChannelGrain.PublishAsync"/>, without a turn of the grain, if the caller is the only gateway that
    /// has members and hands them on itself (<see cref="PublishBatch.IsHandedOn"/>).
    /// </summary>
    /// <param name="channelKey">Grain key of the channel.</param>
    /// <param name="batch">The publications.</param>
    /// <param name="receipt">Says that they are accepted, and where.</param>
    /// <returns>False if the grain has to be asked; nothing has happened then.</returns>
    bool TryPublish(string channelKey, PublishBatch batch, out PublishReceipt receipt);
}
