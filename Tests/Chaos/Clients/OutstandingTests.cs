using Realtime.Tests.Chaos.History;

namespace Realtime.Tests.Chaos.Clients;

/// <summary>Which message a reply is for, and when that can't be told.</summary>
public sealed class OutstandingTests
{
    private readonly Outstanding _outstanding = new(new ChannelHistory("room"));

    [Fact]
    public void TryAnswer_FindsAReplyToNothing()
    {
        var sent = Send("a1", 10);

        Assert.True(_outstanding.TryAnswer(isOk: true, At(11), out var answered));
        Assert.Same(sent, answered);
        Assert.Equal(At(11), sent.AcknowledgedAt);
        Assert.False(_outstanding.TryAnswer(isOk: true, At(12), out _));
    }

    [Fact]
    public void TryAnswer_AcknowledgesNothing_WhileAnAbandonedReplyMayCome()
    {
        Send("a1", 10);
        _outstanding.Abandon(At(20));
        var next = Send("a2", 21);

        // One of them is for a1, and nobody knows which.
        Assert.True(_outstanding.TryAnswer(isOk: true, At(22), out _));
        Assert.True(_outstanding.TryAnswer(isOk: true, At(23), out _));
        Assert.Null(next.AcknowledgedAt);

        Assert.False(_outstanding.TryAnswer(isOk: true, At(24), out _));
        var last = Send("a3", 25);
        Assert.True(_outstanding.TryAnswer(isOk: true, At(26), out _));
        Assert.Equal(At(26), last.AcknowledgedAt);
    }

    private static TimeSpan At(double seconds) => TimeSpan.FromSeconds(seconds);

    private Publication Send(string id, double sent)
    {
        var publication = new Publication(id, At(sent));
        _outstanding.Add(publication);
        return publication;
    }
}
