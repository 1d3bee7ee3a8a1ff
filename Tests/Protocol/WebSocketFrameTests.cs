using System.Text;
using Realtime.Gateway.Protocol;

namespace Realtime.Tests.Protocol;

public sealed class WebSocketFrameTests
{
    [Theory]
    [InlineData(0, "8100")]
    [InlineData(125, "817D")]
    [InlineData(126, "817E007E")]
    [InlineData(65_535, "817EFFFF")]
    [InlineData(65_536, "817F0000000000010000")]
    public void Header_SaysTheLength_InAsFewBytesAsThereAre(int messageLength, string expected)
    {
        var header = new byte[WebSocketFrame.MaxHeaderLength];

        var length = WebSocketFrame.WriteHeader(header, messageLength);

        Assert.Equal(expected, Convert.ToHexString(header.AsSpan(0, length)));
    }

    [Fact]
    public void MessagesThatCameTogether_AreFramesOfTheirOwn()
    {
        var longer = new string('x', 300);
        var together = OutboundMessage.Together([Fixed("a"), Fixed(longer), Fixed("bc")]);

        var text = Encoding.Latin1.GetString(together.Frames);

        Assert.Equal($"\u0081\u0001a\u0081~\u0001\u002C{longer}\u0081\u0002bc", text);
        Assert.Equal(3, together.Count);
        Assert.Equal(303, together.Length);
    }

    private static OutboundMessage Fixed(string text) => OutboundMessage.Fixed(Encoding.UTF8.GetBytes(text));
}
