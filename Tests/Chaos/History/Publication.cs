namespace Realtime.Tests.Chaos.History;

/// <summary>One message into a channel, or one write of a document, and what its sender was told about it.</summary>
/// <param name="id">What its receivers know it by; unique in its channel.</param>
/// <param name="sentAt">When its sender began to send it.</param>
internal sealed class Publication(string id, TimeSpan sentAt)
{
    /// <summary>What its receivers know it by.</summary>
    public string Id => id;

    /// <summary>When its sender began to send it, on the run's clock.</summary>
    public TimeSpan SentAt => sentAt;

    /// <summary>The connection whose messages keep their order; null where none is promised: POSTs may overtake each other.</summary>
    public string? OrderedSender { get; init; }

    /// <summary>Counts the messages of <see cref="OrderedSender"/>.</summary>
    public int Number { get; init; }

    /// <summary>The sid that receivers must see; null for events of documents, which carry the receiver's own.</summary>
    public string? Sid { get; init; }

    /// <summary>The gateway that its sender gave it to; null if that isn't always the same one.</summary>
    public string? Gateway { get; init; }

    /// <summary>Who may get it; null for everybody.</summary>
    public Audience? Audience { get; init; }

    /// <summary>When its sender read that it was accepted; null if it never did.</summary>
    public TimeSpan? AcknowledgedAt { get; set; }

    /// <summary>When the first member read it; null if none has.</summary>
    public TimeSpan? FirstReadAt { get; set; }

    /// <summary>Whether its sender was told that it has no effect.</summary>
    public bool IsRefused { get; set; }

    /// <summary>From here on its place in the order is fixed: it was acknowledged, or somebody has read it. Null if neither.</summary>
    public TimeSpan? AcceptedAt => (AcknowledgedAt, FirstReadAt) switch
    {
        ({ } acknowledged, { } read) => acknowledged < read ? acknowledged : read,
        _ => AcknowledgedAt ?? FirstReadAt,
    };
}
