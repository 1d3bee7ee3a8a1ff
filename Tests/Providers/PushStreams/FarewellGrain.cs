using Orleans.Placement;

namespace Realtime.Tests.Providers.PushStreams;

[Alias("Realtime.Tests.Providers.PushStreams.IFarewellGrain")]
public interface IFarewellGrain : IGrainWithGuidKey
{
    [Alias("ActivateAsync")]
    Task ActivateAsync();
}

/// <summary>Publishes to the stream of its own key when its silo lets it go.</summary>
[PreferLocalPlacement]
public sealed class FarewellGrain : Grain, IFarewellGrain
{
    public const int Events = 500;

    public Task ActivateAsync() => Task.CompletedTask;

    public override async Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        var stream = this.GetStreamProvider(PushStreamCluster.Default).GetStream<NumberedEvent>(StreamId.Create("inboxes", this.GetPrimaryKey()));
        for (var number = 1; number <= Events; number++)
        {
            await stream.OnNextAsync(new NumberedEvent("p", number));
        }
    }
}
