using System.Text;
using Realtime.Gateway.Protocol;

namespace Realtime.Tests.Protocol;

public sealed class MessageDecoderTests
{
    [Fact]
    public void Decode_KeepsTokensAsReceived_WhateverTheirEscapes()
    {
        var json = """{"sid":"s","token":null,"type":"chan_in","data":"a\u00e9\ud800\"","channel":"r"}""";

        Assert.True(Decode(json, out var message));

        Assert.Equal(CommandKind.ChanIn, message.Kind);
        Assert.Equal("""
            "a\u00e9\ud800\""
            """, Text(message.Data));
        Assert.True(message.Token.IsEmpty);
    }

    [Theory]
    [InlineData("echo", nameof(CommandKind.Echo))]
    [InlineData("auth", nameof(CommandKind.Auth))]
    [InlineData("join", nameof(CommandKind.Join))]
    [InlineData("leave", nameof(CommandKind.Leave))]
    [InlineData("chan_in", nameof(CommandKind.ChanIn))]
    [InlineData("presence", nameof(CommandKind.Presence))]
    [InlineData("chan_out", nameof(CommandKind.Unknown))]
    [InlineData("Echo", nameof(CommandKind.Unknown))]
    [InlineData("\\u0065cho", nameof(CommandKind.Echo))]
    public void Decode_KnowsTheType_AlsoWhenEscaped(string type, string expected)
    {
        Assert.True(Decode($$"""{"type":"{{type}}"}""", out var message));

        Assert.Equal(expected, message.Kind.ToString());
    }

    [Fact]
    public void Decode_IgnoresOtherMembersAndOrder_AndTheLastDuplicateCounts()
    {
        var json = """ { "x" : {"type":[1,{"data":2}]}, "data":"first", "channel" :"c" , "type":"echo","data":"last" } """;

        Assert.True(Decode(json, out var message));

        Assert.Equal("\"last\"", Text(message.Data));
        Assert.Equal("\"c\"", Text(message.Channel));
    }

    [Theory]
    [InlineData("")]
    [InlineData("{not json")]
    [InlineData("[]")]
    [InlineData("\"x\"")]
    [InlineData("null")]
    [InlineData("{}{}")]
    [InlineData("{\"type\":\"echo\"} x")]
    [InlineData("{\"data\":{}}")]
    [InlineData("{\"data\":1}")]
    [InlineData("{\"type\":[]}")]
    [InlineData("{\"sid\":true}")]
    [InlineData("{\"type\":\"echo\",}")]
    [InlineData("{\"data\":\"\\ud8\"}")]
    public void Decode_Refuses_WhatIsNoEnvelope(string json) => Assert.False(Decode(json, out _));

    [Fact]
    public void Decode_Refuses_BytesThatAreNotUtf8()
    {
        byte[] json = [.. "{\"data\":\""u8, 0xE9, .. "\"}"u8];

        Assert.False(MessageDecoder.TryDecode(json, out _));
    }

    [Fact]
    public void Decode_Refuses_DeepNesting()
    {
        var json = "{\"x\":" + new string('[', 10_000) + new string(']', 10_000) + "}";

        Assert.False(Decode(json, out _));
    }

    private static bool Decode(string json, out ClientMessage message) =>
        MessageDecoder.TryDecode(Encoding.UTF8.GetBytes(json), out message);

    private static string Text(ReadOnlyMemory<byte> token) => Encoding.UTF8.GetString(token.Span);
}
