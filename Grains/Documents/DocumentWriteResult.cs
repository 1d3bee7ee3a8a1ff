using System.Collections.Immutable;

namespace Realtime.Documents;

/// <summary>What became of one <see cref="DocumentWrite"/>.</summary>
/// <param name="Error">Why it was refused; then nothing changed.</param>
/// <param name="Changes">What changed, in order; may be empty.</param>
public sealed record DocumentWriteResult(RealtimeError? Error, ImmutableArray<WrittenDocument> Changes)
{
    /// <summary>What a create found that had been run before; default if it is new.</summary>
    public RepeatedCreate Repeated { get; init; }

    /// <summary>A write that changed nothing, without being refused.</summary>
    public static readonly DocumentWriteResult Nothing = new(null, []);

    /// <summary>A refused write.</summary>
    /// <param name="error">Why.</param>
    public static DocumentWriteResult Refused(RealtimeError error) => new(error, []);

    /// <summary>A create that had been run before.</summary>
    /// <param name="first">The first of its documents that is still there.</param>
    /// <param name="documents">Number of its documents.</param>
    internal static DocumentWriteResult WasRepeated(ReadOnlyMemory<byte> first, int documents) =>
        new(null, []) { Repeated = new RepeatedCreate(first, documents) };
}

/// <summary>A create that had been run before.</summary>
/// <param name="First">The first of its documents that is still there, as it is now.</param>
/// <param name="Documents">Number of its documents; 0 means that nothing was repeated.</param>
public readonly record struct RepeatedCreate(ReadOnlyMemory<byte> First, int Documents);

/// <summary>One durable change.</summary>
/// <param name="Position">Number of the change in its repository.</param>
/// <param name="Kind">What happened.</param>
/// <param name="AccountId">Account of the document.</param>
/// <param name="OwnerId">Owner of the document.</param>
/// <param name="Json">The document after the change or, for a deletion, its id as a JSON string (protocol 2.4).</param>
public sealed record WrittenDocument(
    long Position, ChangeKind Kind, string AccountId, string OwnerId, ReadOnlyMemory<byte> Json);
