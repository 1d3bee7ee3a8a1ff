using System.Net.WebSockets;
using Realtime.Tests.Infrastructure;

namespace Realtime.Tests.Chaos.Backend;

/// <summary>Whether the cluster does what it is for: new connections on all gateways, and a message that reaches all of them from each.</summary>
internal sealed class CrossingProbe(TestDatabase database, TestUser user, IReadOnlyList<GatewayProcess> gateways)
{
    private int _probes;

    /// <summary>Tries it.</summary>
    /// <returns>What didn't work; null if everything did.</returns>
    public async Task<string?> TryAsync()
    {
        var channel = $"probe {++_probes}";
        var clients = new List<RealtimeClient>();
        try
        {
            foreach (var gateway in gateways)
            {
                clients.Add(await database.ConnectMemberAsync(Transport.WebSocket, channel, user, gateway));
            }

            foreach (var sender in clients)
            {
                var text = $"from {sender.Sid}";
                await sender.PublishAsMemberAsync(channel, text);
                foreach (var receiver in clients.Where(receiver => receiver != sender))
                {
                    await receiver.ExpectChanOutAsync(sender, channel, text);
                }
            }

            return null;
        }
        catch (Exception exception) when (exception is Xunit.Sdk.XunitException or TimeoutException or WebSocketException
            or HttpRequestException or System.Threading.Channels.ChannelClosedException)
        {
            return exception.Message;
        }
        finally
        {
            foreach (var client in clients)
            {
                await client.DisposeAsync();
            }
        }
    }
}
