using System.Collections.Immutable;
using Microsoft.Extensions.Options;
using Realtime.Gateways;
using Realtime.Telemetry;

namespace Realtime.Channels;

/// <summary>Orders, records and publishes one channel. All state is in memory; a new activation is a new epoch.</summary>
/// <remarks>Anybody can make one by naming it, so an idle one doesn't stay long.</remarks>
[CollectionAgeLimit(Minutes = 2)]
internal sealed class ChannelGrain(
    IInboxPublisher inboxes, IGatewayRoster roster, IOptions<ChannelOptions> options, GrainMetrics metrics, TimeProvider time) : Grain, IChannelGrain
{
    private static readonly TimeSpan RosterCheckPeriod = TimeSpan.FromMinutes(1);

    private readonly Dictionary<string, GatewayMembers> _gateways = new(StringComparer.Ordinal);
    private readonly PublicationHistory _history = new(options.Value.HistoryCount, options.Value.HistoryBytes);
    private readonly long _epoch = Random.Shared.NextInt64(1, long.MaxValue);
    private IGrainTimer? _rosterCheck;
    private string _key = "";

    public override Task OnActivateAsync(CancellationToken cancellationToken)
    {
        _key = this.GetPrimaryKeyString();
        return Task.CompletedTask;
    }

    public ValueTask<ChannelPosition> SetMembersAsync(string gateway, int members)
    {
        if (members > 0)
        {
            _gateways[gateway] = new GatewayMembers(members, time.GetUtcNow());
        }
        else
        {
            _gateways.Remove(gateway);
        }

        KeepWhileNeeded();
        return ValueTask.FromResult(Position);
    }

    public ValueTask<ChannelPosition> PublishAsync(ImmutableArray<ReadOnlyMemory<byte>> payloads)
    {
        var first = new ChannelPosition(_epoch, _history.LastOffset + 1);
        ForgetLostGateways();
        foreach (var payload in payloads)
        {
            _history.Append(payload, keep: _gateways.Count > 0);
        }

        metrics.Published(payloads.Length, _gateways.Count);
        if (_gateways.Count > 0)
        {
            var publications = new ChannelPublications(_key, first, payloads);
            foreach (var gateway in _gateways.Keys)
            {
                inboxes.Publish(gateway, publications);
            }
        }

        return ValueTask.FromResult(Position);
    }

    public ValueTask<int> CountMembersAsync()
    {
        ForgetLostGateways();
        return ValueTask.FromResult(_gateways.Values.Sum(static gateway => gateway.Count));
    }

    public ValueTask<ImmutableArray<ReadOnlyMemory<byte>>?> ReadHistoryAsync(ChannelPosition after) =>
        ValueTask.FromResult(after.Epoch == _epoch ? _history.ReadAfter(after.Offset) : null);

    private ChannelPosition Position => new(_epoch, _history.LastOffset);

    private void ForgetLostGateways()
    {
        foreach (var (gateway, members) in _gateways)
        {
            if (!roster.IsLive(gateway, members.StatedAt))
            {
                _gateways.Remove(gateway);
                KeepWhileNeeded();
            }
        }
    }

    /// <summary>Members would miss what is published while nobody remembers their gateway.</summary>
    private void KeepWhileNeeded()
    {
        if (_gateways.Count == 0)
        {
            _rosterCheck?.Dispose();
            _rosterCheck = null;
            DelayDeactivation(TimeSpan.Zero);
        }
        else if (_rosterCheck is null)
        {
            DelayDeactivation(Timeout.InfiniteTimeSpan);
            _rosterCheck = this.RegisterGrainTimer(
                _ =>
                {
                    ForgetLostGateways();
                    return Task.CompletedTask;
                },
                new GrainTimerCreationOptions(RosterCheckPeriod, RosterCheckPeriod));
        }
    }

    private readonly record struct GatewayMembers(int Count, DateTimeOffset StatedAt);
}
