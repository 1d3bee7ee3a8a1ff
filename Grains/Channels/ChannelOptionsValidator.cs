using Microsoft.Extensions.Options;

namespace Realtime.Channels;

/// <summary>Checks <see cref="ChannelOptions"/>.</summary>
[OptionsValidator]
internal sealed partial class ChannelOptionsValidator : IValidateOptions<ChannelOptions>;
