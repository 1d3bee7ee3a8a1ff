using Microsoft.Extensions.Internal;

namespace Realtime.Gateway.Auth;

/// <summary>Lets the memory cache, which predates <see cref="TimeProvider"/>, follow it.</summary>
internal sealed class CacheClock(TimeProvider time) : ISystemClock
{
    public DateTimeOffset UtcNow => time.GetUtcNow();
}
