using Orleans.TestingHost;
using Realtime.Channels;
using Realtime.Gateways;
using Realtime.Tests.Documents;

namespace Realtime.Tests.Channels;

/// <summary>Silos whose inboxes are the test's, and what they know of gateways and of the past.</summary>
internal sealed class ChannelCluster : IAsyncLifetime
{
    private readonly InProcessTestCluster _cluster;
    private readonly SettableLosses _losses = new();
    private readonly TaskCompletionSource _ended = new();

    public ChannelCluster(short silos)
    {
        var builder = new InProcessTestClusterBuilder(silos);
        builder.ConfigureSilo((_, silo) => silo
            .AddMemoryGrainStorageAsDefault()
            .AddRealtimeGrains()
            .AddIncomingGrainCallFilter(HoldAnswerAsync)
            .Services
            .AddSingleton<IInboxPublisher>(Inboxes)
            .AddSingleton<IChannelTails>(Tails)
            .AddSingleton<ISiloLosses>(_losses)
            .AddSingleton<IGatewayRoster>(Roster));
        _cluster = builder.Build();
    }

    public RecordingInboxes Inboxes { get; } = new();

    public SettableTails Tails { get; } = new();

    public RepositoryCluster.SettableRoster Roster { get; } = new();

    /// <summary>Whether silos say that one of them was lost lately.</summary>
    public bool HasLostASilo
    {
        get => _losses.IsRecent;
        set => _losses.IsRecent = value;
    }

    /// <summary>The silo that doesn't answer whether it has an earlier order of a channel.</summary>
    public SiloAddress? SilentSilo { get; set; }

    public IClusterClient Client => _cluster.Client;

    public IReadOnlyList<InProcessSiloHandle> Silos => _cluster.Silos;

    public async ValueTask InitializeAsync() => await _cluster.DeployAsync();

    public async ValueTask DisposeAsync()
    {
        _ended.SetResult();
        await _cluster.DisposeAsync();
    }

    public Task StopAsync(InProcessSiloHandle silo) => _cluster.StopSiloAsync(silo);

    public IChannelGrain NewChannel() => Client.GetGrain<IChannelGrain>(ChannelKey.Create("db", Guid.NewGuid().ToString()));

    private Task HoldAnswerAsync(IIncomingGrainCallContext call) =>
        call.MethodName == nameof(IChannelRelayGrain.CloseAsync) && call.TargetContext.Address.SiloAddress!.Equals(SilentSilo)
            ? _ended.Task
            : call.Invoke();

    private sealed class SettableLosses : ISiloLosses
    {
        public bool IsRecent { get; set; }
    }

    internal sealed class SettableTails : IChannelTails
    {
        private TaskCompletionSource _asked = new();
        private Task<IReadOnlyDictionary<string, ChannelTail?>> _answer =
            Task.FromResult<IReadOnlyDictionary<string, ChannelTail?>>(new Dictionary<string, ChannelTail?>());

        /// <summary>Sets the answer; completes when it is next asked for.</summary>
        public Task AnswerWith(Task<IReadOnlyDictionary<string, ChannelTail?>> answer)
        {
            (_asked, _answer) = (new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously), answer);
            return _asked.Task;
        }

        public Task<IReadOnlyDictionary<string, ChannelTail?>> CollectAsync(string channelKey, long epoch, int maxBytes)
        {
            _asked.TrySetResult();
            return _answer;
        }
    }
}
