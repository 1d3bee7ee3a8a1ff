using Realtime.Tests.Chaos.Backend;

namespace Realtime.Tests.Chaos;

/// <summary>A tenant of a run.</summary>
/// <param name="Plan">Name of its plan.</param>
/// <param name="Limit">Connections of the plan.</param>
/// <param name="Clients">How many clients it has.</param>
/// <param name="DatabaseNames">Names of its databases, among which its clients are divided.</param>
internal sealed record RunTenant(string Plan, int Limit, int Clients, string[] DatabaseNames)
{
    private const int NoLimit = 100_000;

    /// <summary>Whether it has more clients than slots.</summary>
    public bool IsOverbooked => Clients > Limit;

    /// <summary>Further clients of each database that use the published library in Node.js.</summary>
    public int Published { get; init; }

    /// <summary>Its id, once it is there.</summary>
    public string Id { get; init; } = "";

    /// <summary>Its databases, once they are there.</summary>
    public ChaosDatabase[] Databases { get; init; } = [];

    /// <summary>
    /// The tenants of every run: one that can't be full, over two databases; one with exactly as many slots as clients,
    /// each of whom must get its slot again; and one with fewer.
    /// </summary>
    /// <param name="clients">All clients together.</param>
    public static RunTenant[] Draw(int clients)
    {
        var few = Math.Max(4, clients / 8);
        return
        [
            new("roomy", NoLimit, clients - (2 * few), ["one", "two"]) { Published = 3 },
            new("exact", few, few, ["exact"]),
            new("tight", few * 3 / 4, few, ["tight"]),
        ];
    }
}
