using System.Net.Http.Headers;
using System.Text.Json;
using System.Text.RegularExpressions;
using Realtime.Tests.Infrastructure;

namespace Realtime.Tests.Conformance;

/// <summary>Acceptance rows: connection and echo.</summary>
public sealed partial class ConnectionConformanceTests(RealtimeBackend backend)
{
    [Fact]
    public async Task Row01_Stream_BeginsWithInit()
    {
        var database = await backend.CreateDatabaseAsync();

        await using var client = await SseClient.OpenAsync(database, database.Gateway);
        var init = await client.NextAsync();

        Assert.Equal("text/event-stream", client.Response.Content.Headers.ContentType!.MediaType);
        Assert.True(client.Response.Headers.CacheControl!.NoCache);
        Assert.Equal(["no"], client.Response.Headers.GetValues("X-Accel-Buffering"));
        Assert.Equal($$"""{"sid":"{{init.Sid}}","type":"init","data":"{{init.Sid}}","channel":"","token":""}""", init.Raw);
        Assert.Matches(Uuid4(), init.Sid);
    }

    [Fact]
    public async Task Row01_Stream_OpensWithKeyInHeader_AndSaysWhenToComeBack()
    {
        var database = await backend.CreateDatabaseAsync();
        using var request = new HttpRequestMessage(HttpMethod.Get, "/sse/connect") { Headers = { { "SB-PUBLIC-KEY", database.PublicKey } } };

        using var response = await database.Gateway.Http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        using var reader = new StreamReader(await response.Content.ReadAsStreamAsync());
        var retry = await reader.ReadLineAsync().WaitAsync(Eventually.Bound);

        Assert.StartsWith("retry: ", retry, StringComparison.Ordinal);
        Assert.InRange(int.Parse(retry!["retry: ".Length..], System.Globalization.CultureInfo.InvariantCulture), 2000, 5000);
    }

    [Theory]
    [InlineData("")]
    [InlineData("?sbpk=")]
    [InlineData("?sbpk=nope")]
    [InlineData("?sbpk=%00%27%22")]
    public async Task Row02_03_Stream_IsRefused_WhenKeyIsMissingOrUnknown(string query)
    {
        var gateway = await backend.GatewayAsync();

        using var response = await gateway.Http.GetAsync(new Uri("/sse/connect" + query, UriKind.Relative));

        Assert.Equal(401, (int)response.StatusCode);
        Assert.Equal("invalid StaticBackend public key", await response.Content.ReadAsStringAsync());
        Assert.Equal("text/plain", response.Content.Headers.ContentType!.MediaType);
    }

    [Fact]
    public async Task Row04_WebSocket_BeginsWithInit_AndTakesNothingButUpgrades()
    {
        var database = await backend.CreateDatabaseAsync();

        await using var client = await WebSocketClient.OpenAsync(database, database.Gateway);
        var init = await client.NextAsync();
        using var plain = await database.Gateway.Http.GetAsync(new Uri("/ws", UriKind.Relative));

        Assert.Equal($$"""{"sid":"{{init.Sid}}","type":"init","data":"{{init.Sid}}","channel":"","token":""}""", init.Raw);
        Assert.Matches(Uuid4(), init.Sid);
        Assert.InRange((int)plain.StatusCode, 400, 499);
    }

    [Fact]
    public async Task Row04_WebSocket_IsRefusedBeforeTheUpgrade_WhenItNamesAnUnknownKey()
    {
        var gateway = await backend.GatewayAsync();

        var status = await WebSocketClient.RefusedAsync(gateway, "?sbpk=nope");

        Assert.Equal(401, status);
    }

    [Theory]
    [InlineData(Transport.ServerSentEvents)]
    [InlineData(Transport.WebSocket)]
    public async Task Row05_TwoConnections_HaveDifferentSids(Transport transport)
    {
        var database = await backend.CreateDatabaseAsync();

        await using var first = await database.ConnectAsync(transport);
        await using var second = await database.ConnectAsync(transport);

        Assert.NotEqual(first.Sid, second.Sid);
    }

    [Theory]
    [InlineData(Transport.ServerSentEvents)]
    [InlineData(Transport.WebSocket)]
    public async Task Row06_Echo_AnswersBeforeAuth(Transport transport)
    {
        var database = await backend.CreateDatabaseAsync();
        await using var client = await database.ConnectAsync(transport);

        using var response = await client.SendTextAsync(
            $$"""{"sid":"{{client.Sid}}","type":"echo","data":"hello","channel":"","token":""}""");
        var echo = await client.NextAsync();

        Assert.Equal($$"""{"sid":"{{client.Sid}}","type":"echo","data":"echo: hello","channel":"","token":""}""", echo.Raw);
        if (response is not null)
        {
            Assert.Equal("200 application/json true", $"{(int)response.StatusCode} {response.Content.Headers.ContentType} {await response.Content.ReadAsStringAsync()}");
        }
    }

    [Theory]
    [InlineData(Transport.ServerSentEvents)]
    [InlineData(Transport.WebSocket)]
    public async Task Row07_Echo_NeverReflectsTheToken(Transport transport)
    {
        var database = await backend.CreateDatabaseAsync();
        await using var client = await database.ConnectNewUserAsync(transport);

        await client.SendAsync("echo", "hello", "some channel");
        var echo = await client.ExpectAsync("echo", "echo: hello");

        Assert.Equal((client.Sid, "some channel", ""), (echo.Sid, echo.Channel, echo.Token));
    }

    [Theory]
    [InlineData(Transport.ServerSentEvents, true)]
    [InlineData(Transport.ServerSentEvents, false)]
    [InlineData(Transport.WebSocket, true)]
    [InlineData(Transport.WebSocket, false)]
    public async Task Row08_Echo_KeepsAnyText(Transport transport, bool isEscaped)
    {
        const string Text = "Québec ✓ 🎉 \"\n<&>";
        var database = await backend.CreateDatabaseAsync();
        await using var client = await database.ConnectAsync(transport);
        var options = new JsonSerializerOptions
        {
            Encoder = isEscaped ? null : System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        };

        using var response = await client.SendRawAsync(JsonSerializer.SerializeToUtf8Bytes(new { sid = client.Sid, type = "echo", data = Text }, options));

        await client.ExpectAsync("echo", "echo: " + Text);
    }

    [Theory]
    [InlineData(Transport.ServerSentEvents, "")]
    [InlineData(Transport.ServerSentEvents, ",\"data\":\"\"")]
    [InlineData(Transport.ServerSentEvents, ",\"data\":null")]
    [InlineData(Transport.WebSocket, "")]
    [InlineData(Transport.WebSocket, ",\"data\":\"\"")]
    [InlineData(Transport.WebSocket, ",\"data\":null")]
    public async Task Row09_Echo_AnswersWithoutData(Transport transport, string data)
    {
        var database = await backend.CreateDatabaseAsync();
        await using var client = await database.ConnectAsync(transport);

        using var response = await client.SendTextAsync($$"""{"sid":"{{client.Sid}}","type":"echo"{{data}}}""");

        await client.ExpectAsync("echo", "echo: ");
    }

    [Fact]
    public async Task Row10_Stream_StaysOpenAndGetsComments_WhenItIsIdle()
    {
        var database = await backend.CreateDatabaseAsync();
        await using var client = (SseClient)await database.ConnectNewUserAsync(Transport.ServerSentEvents);
        var before = client.Comments;

        await Eventually.TrueAsync(() => client.Comments >= before + 2, "two heartbeats");

        await client.ExpectNothingAsync();
    }

    [Fact]
    public async Task Row10_WebSocket_StaysOpen_WhenItAnswersPings()
    {
        await using var gateway = await backend.StartGatewayAsync(("Realtime:Limits:WebSocketPing", "00:00:00.500"));
        var database = await backend.CreateDatabaseAsync() with { Gateway = gateway };
        await using var client = await database.ConnectNewUserAsync(Transport.WebSocket);
        await using var silent = await RawConnection.OpenWebSocketAsync(gateway);

        // Three pings to a socket that doesn't answer end that one; the other has answered as many.
        await silent.ReadToEndAsync();

        await client.ExpectNothingAsync();
        Assert.False(client.Ended.IsCompleted);
    }

    [Theory]
    [InlineData(Transport.ServerSentEvents)]
    [InlineData(Transport.WebSocket)]
    public async Task Row11_EveryMessage_HasExactlyFiveStringMembers(Transport transport)
    {
        // RealtimeClient.Receive looks at each message that it takes off the wire; here is one of each kind.
        var database = await backend.CreateDatabaseAsync();
        await using var client = await database.ConnectMemberAsync(transport, "r");
        await client.JoinAsync("db-x");

        await client.PublishAsMemberAsync("r", "hello");
        await client.SendAsync("presence", "r");
        await client.ExpectAsync("presence", "1");
        await client.SendAsync("nonsense");
        await client.ExpectAsync("error", "nonsense command not found");
        var created = await database.SendAsync(HttpMethod.Post, "/db/x", client.Token, new { a = 1 });
        var path = $"/db/x/{created.GetProperty("id").GetString()}";
        await database.SendAsync(HttpMethod.Put, path, client.Token, new { a = 2 });
        await database.SendAsync(HttpMethod.Delete, path, client.Token);

        var types = (await client.TakeAsync(3)).Select(static message => message.Type);
        Assert.Equal(["db_created", "db_updated", "db_deleted"], types);
    }

    [Fact]
    public async Task RepeatedSlashes_AreOne_WithoutRedirect()
    {
        var database = await backend.CreateDatabaseAsync();
        await using var client = await database.ConnectAsync(Transport.ServerSentEvents);
        using var content = new StringContent($$"""{"sid":"{{client.Sid}}","type":"echo","data":"hello"}""");
        content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        using var handler = new HttpClientHandler { AllowAutoRedirect = false };
        using var http = new HttpClient(handler);
        http.DefaultRequestHeaders.Add("SB-PUBLIC-KEY", database.PublicKey);

        using var posted = await http.PostAsync(new Uri($"http://{database.Gateway.Address.Authority}//sse///msg"), content);
        using var opened = await http.GetAsync(
            new Uri($"http://{database.Gateway.Address.Authority}//sse//connect"), HttpCompletionOption.ResponseHeadersRead);

        Assert.Equal(200, (int)posted.StatusCode);
        Assert.Equal(200, (int)opened.StatusCode);
        await client.ExpectAsync("echo", "echo: hello");
    }

    [GeneratedRegex("^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$")]
    private static partial Regex Uuid4();
}
