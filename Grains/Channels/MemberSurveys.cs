using Realtime.Gateways;

namespace Realtime.Channels;

/// <summary>
/// Asks the gateways how many members they have in a channel. Anybody may ask for any name, so this silo asks for few at a
/// time, and nothing is remembered anywhere of a name that nobody uses.
/// </summary>
internal sealed class MemberSurveys(IChannelTails tails, ISiloLosses losses) : IDisposable
{
    /// <summary>How many channels are asked for at once.</summary>
    public const int AtOnce = 16;

    // Stands for a question that continues nothing.
    private const long NoEpoch = 0;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);

    private readonly SemaphoreSlim _turns = new(AtOnce);

    /// <summary>Whether gateways may have members that they haven't stated yet, because a silo was lost.</summary>
    public bool AreNeeded => losses.IsRecent;

    /// <summary>Asks all live gateways.</summary>
    /// <param name="channelKey">Grain key of the channel.</param>
    /// <returns>Each gateway's id and number of members; null for one that didn't answer.</returns>
    /// <exception cref="TemporarilyUnavailableException">Too many others are asked for.</exception>
    public async Task<IReadOnlyDictionary<string, int?>> AskAsync(string channelKey)
    {
        if (!await _turns.WaitAsync(Patience))
        {
            throw new TemporarilyUnavailableException();
        }

        try
        {
            var answers = await tails.CollectAsync(channelKey, NoEpoch, maxBytes: 0);
            return answers.ToDictionary(static answer => answer.Key, static answer => answer.Value?.Members, StringComparer.Ordinal);
        }
        finally
        {
            _turns.Release();
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _turns.Dispose();
}
