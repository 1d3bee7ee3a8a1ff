namespace Realtime.Channels;

/// <summary>
/// Members of a channel that gateways had stated to a lost activation, and not yet to this one. They state them by
/// themselves, soon; until then they are asked for.
/// </summary>
internal sealed class UnstatedMembers(MemberSurveys surveys, TimeProvider time)
{
    // As long as a recovery waits for a gateway: after that a silent one isn't waited for.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(6);

    private long? _since;
    private bool _areNone;

    /// <summary>Counts them.</summary>
    /// <param name="channelKey">Grain key of the channel.</param>
    /// <param name="gateways">What was stated.</param>
    /// <exception cref="TemporarilyUnavailableException">It can't be told yet.</exception>
    public async ValueTask<int> CountAsync(string channelKey, ChannelGateways gateways)
    {
        if (_areNone || !surveys.AreNeeded)
        {
            return 0;
        }

        _since ??= time.GetTimestamp();
        var answers = await surveys.AskAsync(channelKey);
        var unstated = answers.Where(answer => !gateways.Knows(answer.Key)).Select(static answer => answer.Value).ToList();
        if (unstated.Contains(null))
        {
            return time.GetElapsedTime(_since.Value) > Patience ? unstated.Sum() ?? 0 : throw new TemporarilyUnavailableException();
        }

        // Whoever gets its first member from now on states it.
        _areNone = unstated.TrueForAll(static members => members == 0);
        return unstated.Sum() ?? 0;
    }
}
