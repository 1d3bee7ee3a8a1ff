using System.Net;
using System.Net.WebSockets;
using System.Text;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Realtime.Gateway.Connections;
using Realtime.Gateway.Transports;
using Realtime.Tests.Connections;
using Realtime.Tests.Telemetry;

namespace Realtime.Tests.Transports;

/// <summary>Messages and the library's own frames on one socket, over both versions of HTTP.</summary>
public sealed class WebSocketUpgradeTests
{
    [Theory]
    [InlineData(HttpProtocols.Http1, "1.1")]
    [InlineData(HttpProtocols.Http2, "2.0")]
    public async Task Socket_CarriesMessagesOfTheWriter_AndTheLibrarysEnd(HttpProtocols protocol, string version)
    {
        var connection = TestConnections.Create();
        var heard = new TaskCompletionSource<string>();
        await using var server = await StartAsync(protocol, async accepted =>
        {
            accepted.Writer.Attach(connection, cursor: null);
            var buffer = new byte[100];
            var received = await accepted.Socket.ReceiveAsync(buffer, CancellationToken.None);
            heard.SetResult(Encoding.UTF8.GetString(buffer, 0, received.Count));
            connection.End(EndReason.GoingAway);
            await accepted.Writer.FinishAsync(Timeout.InfiniteTimeSpan, CancellationToken.None);
            await accepted.Socket.CloseAsync((WebSocketCloseStatus)EndReason.GoingAway, null, CancellationToken.None);
        });
        using var client = await ConnectAsync(server, Version.Parse(version));

        string[] sent = ["hello", new('x', 5000), "", new('y', 70_000)];
        Array.ForEach(sent, text => connection.Enqueue(OutboxItem.Reply(TestConnections.Message(text + "!"))));
        var received = new List<string>();
        foreach (var _ in sent)
        {
            received.Add(await ReceiveAsync(client));
        }

        await client.SendAsync("and you?"u8.ToArray(), WebSocketMessageType.Text, true, TestContext.Current.CancellationToken);

        Assert.Equal(sent.Select(static text => text + "!"), received);
        Assert.Equal("and you?", await heard.Task);
        Assert.Equal("", await ReceiveAsync(client));
        Assert.Equal((int)EndReason.GoingAway, (int?)client.CloseStatus);
        await client.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, null, TestContext.Current.CancellationToken);
    }

    private static async Task<WebApplication> StartAsync(HttpProtocols protocol, Func<AcceptedWebSocket, Task> run)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0, listen => listen.Protocols = protocol));
        var app = builder.Build();
        var metrics = new TestMetrics().Gateway;
        app.Use((HttpContext http, RequestDelegate next) =>
        {
            WebSocketUpgrade.Prepare(http, metrics);
            return next(http);
        });
        app.UseWebSockets();
        app.Run(async http =>
        {
            await using var accepted = await WebSocketUpgrade.AcceptAsync(http, new WebSocketAcceptContext());
            await run(accepted);
        });
        await app.StartAsync(TestContext.Current.CancellationToken);
        return app;
    }

    private static async Task<ClientWebSocket> ConnectAsync(WebApplication server, Version version)
    {
        var address = server.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single();
        var client = new ClientWebSocket();
        client.Options.HttpVersion = version;
        client.Options.HttpVersionPolicy = HttpVersionPolicy.RequestVersionExact;
        await client.ConnectAsync(
            new UriBuilder(address) { Scheme = "ws" }.Uri, new HttpMessageInvoker(new SocketsHttpHandler()), TestContext.Current.CancellationToken);
        return client;
    }

    private static async Task<string> ReceiveAsync(ClientWebSocket client)
    {
        var message = new MemoryStream();
        var buffer = new byte[4096];
        WebSocketReceiveResult received;
        do
        {
            received = await client.ReceiveAsync(buffer, TestContext.Current.CancellationToken);
            message.Write(buffer, 0, received.Count);
        }
        while (!received.EndOfMessage);

        return Encoding.UTF8.GetString(message.ToArray());
    }
}
