using System.Collections.Immutable;

namespace Realtime.Gateways;

/// <summary>
/// The registered gateways. Only who they are is stored, not until when: a new activation gives each a whole lease to
/// renew, so that a silo's loss makes nobody unknown.
/// </summary>
[GenerateSerializer, Immutable, Alias("realtime.GatewayDirectoryState")]
internal sealed record GatewayDirectoryState
{
    /// <summary>The gateways, in the order of their registration.</summary>
    [Id(0)]
    public ImmutableArray<StoredGateway> Gateways { get; init; } = [];
}

/// <summary>One registered gateway.</summary>
/// <param name="Gateway">Its id.</param>
/// <param name="Observer">Grain id of its observer; a text survives any storage format.</param>
[GenerateSerializer, Immutable, Alias("realtime.StoredGateway")]
internal sealed record StoredGateway(string Gateway, string Observer);
