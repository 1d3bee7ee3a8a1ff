namespace Realtime.Benchmarks.Load.Clients;

/// <summary>What one client is there for.</summary>
/// <param name="Address">The server's.</param>
/// <param name="Channel">Number of its channel.</param>
/// <param name="ChannelName">Its name.</param>
/// <param name="IsMember">Whether it joins; else it only publishes.</param>
/// <param name="Slot">Its number among the publishers of its channel, up to 255; negative if it doesn't publish.</param>
/// <param name="Credential">What it authenticates with, where the server asks for something.</param>
internal sealed record ClientRole(Uri Address, int Channel, string ChannelName, bool IsMember, int Slot, string Credential)
{
    /// <summary>Who it is in what it publishes.</summary>
    public uint Source => ((uint)Channel << 8) | (uint)Slot;
}
