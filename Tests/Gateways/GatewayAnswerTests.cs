using Orleans.Runtime.Placement;
using Realtime.Sessions;
using Realtime.Tests.Infrastructure;

namespace Realtime.Tests.Gateways;

/// <summary>What a gateway answers a grain arrives, wherever the cluster believes that grain to be.</summary>
public sealed class GatewayAnswerTests : IDisposable
{
    private const int Sessions = 40;

    private static readonly SessionPost Post = new("db", ["user"], "{}"u8.ToArray());

    private readonly string _dataFolder = Directory.CreateTempSubdirectory("realtime-answers-").FullName;

    public void Dispose() => Directory.Delete(_dataFolder, recursive: true);

    [Fact]
    public async Task Answer_ReachesTheGrain_WhenItHasMovedSinceTheGatewayCalledIt()
    {
        await using var cluster = await RealtimeBackend.StartClusterAsync(silos: 3, _dataFolder);
        var gateway = new TestGateway { Post = static (_, _) => PostOutcome.NotOwner };
        await gateway.RegisterAsync(cluster.Client);
        var outcomes = new List<PostOutcome>();

        for (var session = 0; session < Sessions; session++)
        {
            var sid = Guid.NewGuid();

            // The silo through which the gateway's client sends learns where the grain is; then it is somewhere else.
            foreach (var (caller, place) in new[] { (cluster.Client.ServiceProvider, 0), (cluster.Silos[1].ServiceProvider, 1), (cluster.Silos[2].ServiceProvider, 2) })
            {
                RequestContext.Set(IPlacementDirector.PlacementHintKey, cluster.Silos[place].SiloAddress);
                outcomes.Add(await caller.GetRequiredService<IGrainFactory>().GetGrain<ISessionGrain>(sid).PostAsync(Post));
            }
        }

        Assert.All(outcomes, static outcome => Assert.Equal(PostOutcome.NotOwner, outcome));
    }
}
