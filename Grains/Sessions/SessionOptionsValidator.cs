using Microsoft.Extensions.Options;

namespace Realtime.Sessions;

/// <summary>Checks <see cref="SessionOptions"/>.</summary>
[OptionsValidator]
internal sealed partial class SessionOptionsValidator : IValidateOptions<SessionOptions>;
