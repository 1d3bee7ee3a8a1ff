using Realtime.Gateway.Channels;
using Realtime.Gateway.Connections;

namespace Realtime.Tests.Connections;

/// <summary>The subscription of a membership that nothing comes from.</summary>
internal sealed class NoSubscription : ISubscription
{
    public void Leave(Connection connection)
    {
    }
}
