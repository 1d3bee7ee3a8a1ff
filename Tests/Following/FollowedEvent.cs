namespace Realtime.Tests.Following;

/// <summary>An event as a member got it. No two writes of a run have the same one.</summary>
/// <param name="Type">Type of the message.</param>
/// <param name="Data">The document, or the id of a deleted one as a JSON string.</param>
internal readonly record struct FollowedEvent(string Type, string Data)
{
    public const string Created = "db_created";
    public const string Updated = "db_updated";
    public const string Deleted = "db_deleted";
}
