using Microsoft.Extensions.Options;
using Realtime.Channels;
using Realtime.Documents;
using Realtime.Gateway.Channels;
using Realtime.Gateway.Connections;
using Realtime.Gateway.Protocol;
using Realtime.Gateways;

namespace Realtime.Gateway.Sessions;

/// <summary>
/// Makes a connection a member again of the channels of its session, and sends it what it missed of each before what is new
/// (protocol 1.9).
/// </summary>
internal sealed class SessionReplay(
    ChannelHub channels, RepositoryHub repositories, IGrainFactory grains, IOptions<LimitOptions> limits, TimeProvider time)
{
    // Bounds the calls of a session in many channels; others come back at the same time.
    private const int AtOnce = 32;

    // The client waits for an answer meanwhile. A lost silo is replaced in a few seconds.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(8);

    private static readonly TimeSpan RetryDelay = TimeSpan.FromMilliseconds(100);

    /// <summary>Joins all channels and sends what was missed.</summary>
    /// <returns>False if something can't be told any more: the client has to begin anew.</returns>
    /// <exception cref="TemporarilyUnavailableException">It can't be told just now.</exception>
    public async Task<bool> RunAsync(Connection connection, IReadOnlyList<MissedChannel> missed, CancellationToken cancellationToken)
    {
        var isContinuous = true;
        var options = new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = cancellationToken };
        await Parallel.ForEachAsync(missed, options, async (channel, cancel) =>
        {
            if (Volatile.Read(ref isContinuous) && !await RunAsync(connection, channel, cancel))
            {
                Volatile.Write(ref isContinuous, false);
            }
        });
        return isContinuous;
    }

    private async Task<bool> RunAsync(Connection connection, MissedChannel missed, CancellationToken cancellationToken)
    {
        var identity = connection.Identity!;
        var repository = CommandHandler.RepositoryOf(missed.Name);
        var subscription = await RetryAsync(
            async () => repository is null
                ? await channels.JoinAsync(connection, identity.Database, missed.Name, reply: null, missed.Slot)
                : await repositories.JoinAsync(connection, identity, repository, reply: null, missed.Slot),
            cancellationToken);
        lock (connection.Memberships)
        {
            connection.Memberships.Add(missed.Name, new Membership(subscription, missed.Slot));
        }

        var session = connection.Session!;
        var joinedAt = session.BeginningOf(missed.Slot);
        var messages = joinedAt <= missed.After
            ? []
            : repository is null
                ? await ReadAsync(ChannelKey.Create(identity.Database, missed.Name), missed.After, joinedAt, cancellationToken)
                : await ReadAsync(identity, repository, missed, joinedAt.Offset, cancellationToken);
        if (messages is null)
        {
            return false;
        }

        session.Replay(missed.Slot, subscription, messages);
        return true;
    }

    private async Task<List<OutboundMessage>?> ReadAsync(
        string channel, ChannelPosition after, ChannelPosition upTo, CancellationToken cancellationToken)
    {
        var grain = grains.GetGrain<IChannelGrain>(channel);
        var history = await RetryAsync(async () => (ChannelHistory?)await grain.ReadHistoryAsync(after), cancellationToken);
        if (history!.Value.Publications is not { } publications)
        {
            return null;
        }

        var messages = new List<OutboundMessage>();
        foreach (var batch in publications)
        {
            messages.AddRange(Messages(batch).Where(message => message.Position > after && message.Position <= upTo));
        }

        return messages;
    }

    private static IEnumerable<OutboundMessage> Messages(ChannelPublications publications) => publications.Payloads.Select(
        (payload, i) => OutboundMessage.Fixed(payload, publications.First with { Offset = publications.First.Offset + i }));

    private async Task<List<OutboundMessage>?> ReadAsync(
        CallerIdentity identity, string repository, MissedChannel missed, long upTo, CancellationToken cancellationToken)
    {
        var grain = grains.GetGrain<IRepositoryGrain>(RepositoryKey.Create(identity.Database, repository));
        var permissions = RepositoryPermissions.Parse(repository);
        var audience = permissions.AudienceOf(identity);
        var own = permissions.AudienceOf(identity.AccountId, identity.UserId);
        var token = JsonStringToken.From(missed.Name);
        var messages = new List<OutboundMessage>();
        var bytes = 0L;
        var after = missed.After.Offset;
        while (after < upTo)
        {
            var from = after;
            var page = await RetryAsync(
                async () => await grain.ReadChangesAsync(from, [audience]) is { Error: null } answer ? answer.Value : null, cancellationToken);
            if (!page.IsContinuous || (page.IsLast && page.UpTo < upTo))
            {
                return null;
            }

            messages.AddRange(page.Changes
                .Where(change => change.Position > from && change.Position <= upTo)
                .Where(change => change.Audience == own || change.Position > missed.AllFrom.Offset)
                .Select(change => MessageEncoder.DocumentEvent(
                    change.Kind, change.Json.Span, token, new ChannelPosition(0, change.Position))));
            bytes += page.Changes.Sum(static change => (long)change.Json.Length);
            if (bytes > limits.Value.OutboxBytes)
            {
                // More than may wait for a client.
                return null;
            }

            after = page.UpTo;
        }

        return messages;
    }

    /// <summary>Asks until there is an answer, or too much time has passed.</summary>
    private async Task<T> RetryAsync<T>(Func<Task<T?>> ask, CancellationToken cancellationToken)
    {
        var since = time.GetTimestamp();
        while (true)
        {
            try
            {
                if (await ask() is { } answer)
                {
                    return answer;
                }
            }
            catch (Exception exception) when (exception is TimeoutException or OrleansException && time.GetElapsedTime(since) < Patience)
            {
                // It may be on its way to another silo.
            }

            if (time.GetElapsedTime(since) >= Patience)
            {
                throw new TemporarilyUnavailableException();
            }

            await Task.Delay(RetryDelay, time, cancellationToken);
        }
    }
}
