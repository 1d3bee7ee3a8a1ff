namespace Realtime.Tests.Following;

/// <summary>What one client has seen: it joined, then it read, and followed the events.</summary>
/// <param name="Name">For messages.</param>
/// <param name="Audience">What it may read.</param>
/// <param name="Asked">Time stamp just before it sent <c>join</c>.</param>
/// <param name="Joined">Time stamp just after it got <c>joined</c>.</param>
/// <param name="Read">What it read after that, by id.</param>
/// <param name="Events">The events, in order.</param>
internal sealed record FollowerHistory(
    string Name,
    string Audience,
    long Asked,
    long Joined,
    IReadOnlyDictionary<string, string> Read,
    IReadOnlyList<FollowedEvent> Events);
