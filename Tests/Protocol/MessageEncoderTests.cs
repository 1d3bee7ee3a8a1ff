using System.Text;
using System.Text.Json;
using Realtime.Documents;
using Realtime.Gateway.Protocol;

namespace Realtime.Tests.Protocol;

public sealed class MessageEncoderTests
{
    private const string NoSid = "000000000000000000000000000000000000";

    [Fact]
    public void EveryMessage_HasItsSidAtTheSlot()
    {
        OutboundMessage[] messages =
        [
            MessageEncoder.Init("s"), MessageEncoder.Ok, MessageEncoder.Joined("r"), MessageEncoder.Left("r"),
            MessageEncoder.Error("x"), MessageEncoder.Presence("r", 3), MessageEncoder.CommandNotFound("\"foo\""u8),
        ];

        Assert.All(messages, static message =>
        {
            Assert.True(message.HasSidSlot);
            Assert.Equal(NoSid, Text(message.Json.Slice(OutboundMessage.SidOffset, OutboundMessage.SidLength)));
        });
    }

    [Fact]
    public void Echo_RepeatsDataAndChannel_AndNeverTheToken()
    {
        var json = """{"type":"echo","data":"a\ud83d\"b","channel":"c","token":"secret"}"""u8.ToArray();
        Assert.True(MessageDecoder.TryDecode(json, out var command));

        var echo = MessageEncoder.Echo(command);

        Assert.Equal($$"""{"sid":"{{NoSid}}","type":"echo","data":"echo: a\ud83d\"b","channel":"c","token":""}""", Text(echo.Json));
    }

    [Theory]
    [InlineData("{}", " command not found")]
    [InlineData("""{"type":""}""", " command not found")]
    [InlineData("""{"type":"foo"}""", "foo command not found")]
    public void CommandNotFound_NamesTheType(string json, string expected)
    {
        Assert.True(MessageDecoder.TryDecode(Encoding.UTF8.GetBytes(json), out var command));

        var error = MessageEncoder.CommandNotFound(command.Type.Span);

        Assert.Equal(expected, Member(error.Json, "data"));
    }

    [Fact]
    public void ChanOut_ForwardsTheDataTokenUnchanged()
    {
        var bytes = MessageEncoder.ChanOut(
            Encoding.ASCII.GetBytes(NoSid), "\"\\ud800 \\u003c\""u8, "\"r \\u0022\\u00e9\\\"\""u8, "r \"é\"");

        Assert.Contains("\"data\":\"\\ud800 \\u003c\"", Text(bytes), StringComparison.Ordinal);
        Assert.Equal("r \"é\"", Member(bytes, "channel"));
    }

    [Theory]
    [InlineData("\"lobby /<&>'+ 7\"")]
    [InlineData("\"\\u006cobby\"")]
    [InlineData("\"Qu\u00e9bec\"")]
    [InlineData("\"a\\/b\"")]
    [InlineData("\"a\u007fb\"")]
    [InlineData("\"\ud83d\ude00\"")]
    public void ChanOut_WritesTheChannel_AsAnyOtherMessageDoes(string token)
    {
        Assert.True(JsonStringToken.TryRead(Encoding.UTF8.GetBytes(token), out var name));

        var bytes = MessageEncoder.ChanOut(Encoding.ASCII.GetBytes(NoSid), "\"\""u8, Encoding.UTF8.GetBytes(token), name);

        Assert.EndsWith($"\"channel\":{Encoding.UTF8.GetString(JsonStringToken.From(name))},\"token\":\"\"}}", Text(bytes), StringComparison.Ordinal);
    }

    [Fact]
    public void DocumentEvent_CarriesTheDocumentAsJsonText()
    {
        const string document = """{"id":"1","name":"Qu\u00e9bec \"x\"","n":1.50}""";

        var message = MessageEncoder.DocumentEvent(ChangeKind.Updated, Encoding.UTF8.GetBytes(document), "\"db-x\""u8);

        Assert.Equal("db_updated", Member(message.Json, "type"));
        Assert.Equal(document, Member(message.Json, "data"));
        Assert.DoesNotContain('\n', Text(message.Json));
    }

    private static string Text(ReadOnlyMemory<byte> json) => Encoding.UTF8.GetString(json.Span);

    private static string? Member(ReadOnlyMemory<byte> json, string name)
    {
        using var document = JsonDocument.Parse(json);
        return document.RootElement.GetProperty(name).GetString();
    }
}
