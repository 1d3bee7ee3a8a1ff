using System.Collections.Immutable;
using System.Text;
using Realtime.Channels;
using Realtime.Gateways;

namespace Realtime.Tests.Channels;

/// <summary>Publications that are their own text.</summary>
internal static class TestPublications
{
    public const string Channel = "key";

    /// <summary>Publications that follow the one before in their epoch.</summary>
    public static ChannelPublications At(long epoch, long first, params string[] payloads) =>
        After(new(epoch, first - 1), epoch, first, payloads);

    /// <summary>Publications that follow a position.</summary>
    public static ChannelPublications After(ChannelPosition previous, long epoch, long first, params string[] payloads) =>
        new(Channel, previous, new(epoch, first), "publisher", first, Payloads(payloads));

    /// <summary>Publications on their way to a channel.</summary>
    public static PublishBatch Batch(long sequence, params string[] payloads) =>
        new("publisher", sequence, Payloads(payloads), IsRepeated: false, KnownEpoch: 0);

    public static ImmutableArray<ReadOnlyMemory<byte>> Payloads(params string[] payloads) =>
        [.. payloads.Select(static payload => new ReadOnlyMemory<byte>(Encoding.UTF8.GetBytes(payload)))];

    /// <summary>All texts, in order.</summary>
    public static IEnumerable<string> Texts(this IEnumerable<ChannelPublications> publications) =>
        publications.SelectMany(static batch => batch.Payloads).Select(static payload => Encoding.UTF8.GetString(payload.Span));
}
