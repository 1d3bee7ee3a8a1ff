using Realtime.Gateways;

namespace Realtime.Sessions;

/// <summary>The gateway that holds a session.</summary>
/// <param name="Gateway">Its id.</param>
/// <param name="Observer">Where to reach it.</param>
/// <param name="StatedAt">When it was last heard of by the session's grain.</param>
/// <param name="IsConfirmed">False while it may not have got what it asked for: then it knows nothing of the session.</param>
internal sealed record SessionHolder(string Gateway, IGatewayObserver Observer, DateTimeOffset StatedAt, bool IsConfirmed);
