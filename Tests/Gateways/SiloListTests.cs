using Orleans.Messaging;
using Realtime.Gateway.Hosting;

namespace Realtime.Tests.Gateways;

public sealed class SiloListTests
{
    private static readonly Uri One = new("gwy.tcp://127.0.0.1:30000/0");
    private static readonly Uri Other = new("gwy.tcp://127.0.0.1:30001/0");

    private readonly StoppingSilos _stopping = new();
    private readonly FixedList _membership = new(One, Other);

    [Fact]
    public async Task GetGateways_LeavesOutASiloThatIsAboutToStop_AtOnce()
    {
        var list = new SiloList(_membership, _stopping);
        await list.GetGateways();

        _stopping.Add("127.0.0.1:30000");

        Assert.Equal([Other], await list.GetGateways());
        Assert.Equal(1, _membership.Readings);
    }

    [Fact]
    public async Task GetGateways_ReturnsAll_WhenAllAreAboutToStop()
    {
        var list = new SiloList(_membership, _stopping);

        _stopping.Add("127.0.0.1:30000");
        _stopping.Add("127.0.0.1:30001");

        Assert.Equal([One, Other], await list.GetGateways());
    }

    private sealed class FixedList(params Uri[] silos) : IGatewayListProvider
    {
        public int Readings { get; private set; }

        public TimeSpan MaxStaleness => TimeSpan.Zero;

        [Obsolete("Orleans doesn't ask any more.")]
        public bool IsUpdatable => true;

        public Task InitializeGatewayListProvider() => Task.CompletedTask;

        public Task<IList<Uri>> GetGateways()
        {
            Readings++;
            return Task.FromResult<IList<Uri>>(silos);
        }
    }
}
