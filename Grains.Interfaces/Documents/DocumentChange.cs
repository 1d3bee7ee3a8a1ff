namespace Realtime.Documents;

/// <summary>What happened to a document.</summary>
[GenerateSerializer, Alias("realtime.ChangeKind")]
public enum ChangeKind
{
    /// <summary>It was created: <c>db_created</c>.</summary>
    Created = 0,

    /// <summary>It was changed: <c>db_updated</c>.</summary>
    Updated = 1,

    /// <summary>It was deleted: <c>db_deleted</c>.</summary>
    Deleted = 2,
}

/// <summary>One durable change of a document, on its way to those who may read it (protocol 2).</summary>
/// <param name="Position">Number of the change in its repository; rises with every change.</param>
/// <param name="Kind">What happened.</param>
/// <param name="Audience">Who may know. Members of <see cref="Documents.Audience.Root"/> get it as well.</param>
/// <param name="Json">The full document or, for a deletion, its id as a JSON string (protocol 2.4).</param>
[GenerateSerializer, Immutable, Alias("realtime.DocumentChange")]
public sealed record DocumentChange(long Position, ChangeKind Kind, Audience Audience, ReadOnlyMemory<byte> Json);
