using Orleans.Streams;
using Orleans.TestingHost;
using Realtime.Providers.PushStreams;

namespace Realtime.Tests.Providers.PushStreams;

/// <summary>Two silos and a client with three providers: default settings, small bounds, and one that gives up at once.</summary>
public sealed class PushStreamCluster : IAsyncLifetime
{
    public const string Default = "push";
    public const string Small = "push-small";
    public const string Impatient = "push-impatient";
    public const int SmallBound = 8;

    private readonly InProcessTestCluster _cluster = Build();

    public InProcessTestCluster Cluster => _cluster;

    public static InProcessTestCluster Build(short silos = 2, TimeSpan? drainTimeout = null)
    {
        var builder = new InProcessTestClusterBuilder(silos);
        builder.ConfigureSilo((_, silo) => silo
            .AddMemoryGrainStorage("PubSubStore")
            .AddPushStreams(Default, options => options.Configure(push => push.DrainTimeout = drainTimeout ?? push.DrainTimeout))
            .AddPushStreams(Small, options => options.Configure(small =>
            {
                small.QueueCount = 1;
                small.MaxBatchEvents = 2;
                small.MaxPendingEventsPerStream = SmallBound;
            }))
            .AddPushStreams(Impatient, options => options.Configure(impatient => impatient.MaxEventDeliveryTime = TimeSpan.FromMilliseconds(1))));
        builder.ConfigureClient(client => client
            .AddPushStreams(Default)
            .AddPushStreams(Small)
            .AddPushStreams(Impatient));
        return builder.Build();
    }

    public static StreamId NewStreamId() => StreamId.Create("inboxes", Guid.NewGuid());

    public async ValueTask InitializeAsync() => await _cluster.DeployAsync(TestContext.Current.CancellationToken);

    public ValueTask DisposeAsync() => _cluster.DisposeAsync();

    public IAsyncStream<NumberedEvent> OnClient(StreamId streamId, string provider = Default) =>
        _cluster.Client.GetStreamProvider(provider).GetStream<NumberedEvent>(streamId);

    /// <summary>The stream as seen by the client that a silo hosts for its own process.</summary>
    public IAsyncStream<NumberedEvent> OnSilo(int silo, StreamId streamId, string provider = Default) =>
        Services(silo).GetRequiredService<IClusterClient>().GetStreamProvider(provider).GetStream<NumberedEvent>(streamId);

    internal PushStreamQueues Queues(int silo, string provider) => Services(silo).GetRequiredKeyedService<PushStreamQueues>(provider);

    private IServiceProvider Services(int silo) => _cluster.GetSiloServiceProvider(_cluster.Silos[silo].SiloAddress);
}
