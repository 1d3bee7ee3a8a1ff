using Realtime.Gateways;

namespace Realtime.Gateway.Channels;

/// <summary>
/// This gateway's members of the channels that it publishes to. They are handed its publications by the receipt, so that these
/// needn't come back through its inbox.
/// </summary>
/// <param name="Deliver">Hands publications, which are kept already, to the channel's members.</param>
/// <param name="Doubt">Lets the members of a channel, given its grain key, look whether they have missed something.</param>
internal sealed record OwnMembers(Action<ChannelPublications> Deliver, Action<string> Doubt);
