using Realtime.Gateway.Connections;

namespace Realtime.Gateway.Channels;

/// <summary>What this gateway's members of one channel have in common.</summary>
internal interface ISubscription
{
    /// <summary>Ends a membership at once. The grain hears of it soon after.</summary>
    void Leave(Connection connection);
}
