namespace Realtime.Tests.Following;

/// <summary>A write that the server has answered with success.</summary>
/// <param name="Audience">Who may read its document.</param>
/// <param name="DocumentId">The document.</param>
/// <param name="Event">The event it must cause; null for an increment, whose answer doesn't tell the new value.</param>
/// <param name="Began">Time stamp just before it was sent.</param>
/// <param name="Ended">Time stamp just after it was answered.</param>
internal sealed record AnsweredWrite(string Audience, string DocumentId, FollowedEvent? Event, long Began, long Ended);
