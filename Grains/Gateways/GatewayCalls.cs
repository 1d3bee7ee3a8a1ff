namespace Realtime.Gateways;

/// <summary>
/// Lets a grain's calls of a gateway be answered: they leave in the name of the silo.
/// </summary>
/// <remarks>
/// What a client process answers to a grain is led by the silo that the answer comes in by, and that silo looks for the grain where it
/// has seen it last (Orleans 10.4, <c>GatewayInboundConnection</c>). A request that goes astray is sent on and corrects it; an answer
/// is dropped, again and again, as if the gateway were silent. An answer to the silo has one place to go.
/// </remarks>
internal sealed class GatewayCalls : IOutgoingGrainCallFilter
{
    /// <inheritdoc/>
    public Task Invoke(IOutgoingGrainCallContext context) =>
        context.TargetId.IsClient() && context.SourceId is { } source && !source.IsSystemTarget() && !source.IsClient()
            ? Task.Run(context.Invoke) // Away from the grain's context, which would be its sender.
            : context.Invoke();
}
