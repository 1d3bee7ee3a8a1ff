using System.Text;
using System.Text.Json;
using CsCheck;
using Realtime.Tests.Infrastructure;

namespace Realtime.Tests.Hostile;

/// <summary>
/// Generated messages, right, wrong and mutilated: each is answered or refused, never with a server's error, and two
/// others who chat meanwhile in a channel of their own get nothing but what they say.
/// </summary>
public sealed class EnvelopeFuzzTests(RealtimeBackend backend)
{
    private const int Messages = 400;

    private static readonly Gen<string> Types = Gen.OneOf(
        Any("echo", "auth", "join", "leave", "chan_in", "presence", "chan_out", "init", "token", "ok", "error", "db_created", "resume", "", "ech\\ud800", "\\udc00", "e\\u0063ho"),
        Gen.String[0, 12].Select(static text => JsonSerializer.Serialize(text)[1..^1]));

    private static readonly Gen<string> Texts = Gen.OneOf(
        Any("", "r", "db-x", "db-", "DB-x", "{}", "\0", "\r\n\r\ndata: x", "é🎉", "' or 1=1 --", "__proto__"),
        Gen.String[0, 40],
        Gen.Int[200, 400].Select(static length => new string('x', length)));

    // What stands for a member: text, or any other JSON.
    private static readonly Gen<string> Values = Gen.Frequency(
        (8, Texts.Select(static text => JsonSerializer.Serialize(text))),
        (1, Any("null", "1", "-1e999", "true", "[]", "{}", "[[[[]]]]", "{\"type\":\"join\"}", "\"\\ud800\"", "\"\\u0000\"", "\"\\x\"", "\"", "nul", "")));

    private static readonly Gen<(string Name, string Value)> Extras = Gen.Select(
        Any("more", "", "typ\\ud800", "\\udc00", "\\u0000", "ty\\u0070e", "Sid", "__proto__"), Values);

    private static readonly Gen<(string Type, string Data, string Channel, (string Name, string Value) Extra, bool IsForeign, int Cut, int Flip)> Frames = Gen.Select(
        Types, Values, Values, Extras, Gen.Bool, Gen.Int[-40, 200], Gen.Int[-400, 200]);

    [Theory]
    [InlineData(Transport.ServerSentEvents)]
    [InlineData(Transport.WebSocket)]
    public async Task AnyMessage_IsAnsweredOrRefused_AndDisturbsNobody(Transport transport)
    {
        var database = await backend.CreateDatabaseAsync();
        await using var speaker = await database.ConnectNewUserAsync(Transport.WebSocket);
        await using var listener = await database.ConnectMemberAsync(Transport.ServerSentEvents, "a channel of their own");
        var user = await database.RegisterAsync();
        await using var attacker = await database.ConnectAsync(transport, user);
        var said = 0;

        await Frames.SampleAsync(
            async frame =>
            {
                var message = Write(frame, frame.IsForeign ? listener.Sid : attacker.Sid);
                using var response = await attacker.SendRawAsync(message);
                Assert.True(response is null || (int)response.StatusCode is 200 or 400 or 401 or 404 or 413, $"{response?.StatusCode}");
                await DrainAsync(attacker);

                var text = $"{said++}";
                await speaker.PublishAsync("a channel of their own", text);
                await listener.ExpectChanOutAsync(speaker, "a channel of their own", text);
            },
            iter: Messages,
            threads: 1,
            print: frame => Encoding.UTF8.GetString(Write(frame, "own sid")));
    }

    private static Gen<string> Any(params string[] texts) => Gen.Int[0, texts.Length - 1].Select(i => texts[i]);

    /// <summary>Reads up to the answer of an echo, which shows that the connection still works.</summary>
    private static async Task DrainAsync(RealtimeClient client)
    {
        var marker = Guid.NewGuid().ToString();
        await client.SendAsync("echo", marker);
        while ((await client.NextAsync()).Data != $"echo: {marker}")
        {
        }
    }

    private static byte[] Write(
        (string Type, string Data, string Channel, (string Name, string Value) Extra, bool IsForeign, int Cut, int Flip) frame, string sid)
    {
        var json = Encoding.UTF8.GetBytes(
            $$"""{"sid":"{{sid}}","type":"{{frame.Type}}","data":{{frame.Data}},"channel":{{frame.Channel}},"{{frame.Extra.Name}}":{{frame.Extra.Value}}}""");

        // ASCII only: .NET's WebSocket ends a connection whose text isn't UTF-8, as RFC 6455 asks; that has its own test.
        if (frame.Flip >= 0)
        {
            json[frame.Flip % json.Length] = (byte)(0x20 + (frame.Flip * 7 % 0x5F));
        }

        return frame.Cut >= 0 && frame.Cut % 4 == 0 ? json[..(frame.Cut % json.Length)] : json;
    }
}
