using Realtime.Benchmarks.Load.Clients;

namespace Realtime.Benchmarks.Load.Dialects;

/// <summary>nchan: a channel is an address, and its text frames are the messages.</summary>
internal sealed class NchanDialect : Dialect
{
    protected override string GetPath(Client client) => $"/channel/{client.Role.ChannelName}";

    /// <inheritdoc/>
    public override void OnOpen(Client client, Reactor reactor) => reactor.SetReady(client);

    /// <inheritdoc/>
    public override void OnMessage(Client client, ReadOnlySpan<byte> message, Reactor reactor)
    {
        // What it tells publishers of its queues.
    }

    protected override string GetPublication(string channel, string data) => data;
}
