using Microsoft.AspNetCore.SignalR;

namespace Realtime.Benchmarks.SignalR;

/// <summary>Channels as SignalR's groups.</summary>
internal sealed class ChannelHub : Hub
{
    /// <summary>Adds the caller to a channel.</summary>
    public Task Join(string channel) => Groups.AddToGroupAsync(Context.ConnectionId, channel);

    /// <summary>Sends to all members of a channel.</summary>
    public Task Publish(string channel, string data) => Clients.Group(channel).SendAsync("message", data);
}
