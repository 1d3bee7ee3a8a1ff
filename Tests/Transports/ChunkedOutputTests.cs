using System.Buffers;
using System.IO.Pipelines;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Realtime.Gateway.Transports;
using Realtime.Tests.Cluster;

namespace Realtime.Tests.Transports;

public sealed class ChunkedOutputTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task EachFlush_IsAChunk_AndAnEmptyOneIsNone()
    {
        var pipe = new Pipe();
        var output = new ChunkedOutput(pipe.Writer);

        await output.FlushAsync(Cancel);
        output.Write("one, "u8);
        output.Write("two"u8);
        await output.FlushAsync(Cancel);
        output.Write("three"u8);
        await output.FlushAsync(Cancel);
        await output.FlushAsync(Cancel);
        output.Write([]);
        output.GetSpan(1);
        await output.FlushAsync(Cancel);
        output.Write("four"u8);
        await output.FlushAsync(Cancel);

        var written = await pipe.Reader.ReadAsync(Cancel);
        Assert.Equal("000008\r\none, two\r\n000005\r\nthree\r\n000004\r\nfour\r\n", Encoding.ASCII.GetString(written.Buffer.ToArray()));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Response_IsAsTheServerWouldWriteIt_AndTheConnectionServesTheNextRequest(bool isSecure)
    {
        // More than a piece of the pipe's memory, and more than one chunk takes.
        var large = new string('x', 3 * 1024 * 1024);
        using var authority = new TestAuthority();
        using var certificate = isSecure ? authority.Issue("localhost") : null;
        await using var app = CreateServer(large, certificate);
        await app.StartAsync(Cancel);
        using var handler = new SocketsHttpHandler { MaxConnectionsPerServer = 1 };
        handler.SslOptions.RemoteCertificateValidationCallback = (_, shown, _, _) => shown!.Equals(certificate);
        using var client = new HttpClient(handler) { BaseAddress = new Uri(app.Urls.Single()) };

        for (var i = 0; i < 2; i++)
        {
            Assert.Equal($"begun {large} ended {nameof(ChunkedOutput)}", await client.GetStringAsync("/", Cancel));
        }

        Assert.Equal(1, app.Services.GetRequiredService<Connections>().Count);
    }

    [Theory]
    [InlineData("GET / HTTP/1.0")]
    [InlineData("HEAD / HTTP/1.1")]
    public async Task WhatTheServerDoesNotChunk_IsLeftToIt(string request)
    {
        await using var app = CreateServer("text");
        await app.StartAsync(Cancel);
        using var client = new TcpClient();
        await client.ConnectAsync(IPAddress.Loopback, new Uri(app.Urls.Single()).Port, Cancel);
        var stream = client.GetStream();
        await stream.WriteAsync(Encoding.ASCII.GetBytes($"{request}\r\nHost: localhost\r\nConnection: close\r\n\r\n"), Cancel);

        using var reader = new StreamReader(stream);
        var answer = await reader.ReadToEndAsync(Cancel);

        Assert.StartsWith("HTTP/1.1 200", answer, StringComparison.Ordinal);
        Assert.EndsWith(request.StartsWith("HEAD", StringComparison.Ordinal) ? "\r\n\r\n" : "\r\n\r\nbegun text ended HttpResponsePipeWriter", answer, StringComparison.Ordinal);
    }

    private static WebApplication CreateServer(string text, X509Certificate2? certificate = null)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        var connections = new Connections();
        builder.Services.AddSingleton(connections);
        builder.WebHost.UseKestrelHttpsConfiguration();
        builder.WebHost.ConfigureKestrel(server => server.Listen(IPAddress.Loopback, 0, listen =>
        {
            listen.Use(next => connection =>
            {
                connections.Count++;
                return next(connection);
            });
            if (certificate is not null)
            {
                listen.UseHttps(certificate);
            }
        }));
        var app = builder.Build();
        app.Run(async http =>
        {
            await http.Response.BodyWriter.WriteAsync("begun "u8.ToArray());
            await http.Response.BodyWriter.FlushAsync();
            var output = ChunkedOutput.For(http);
            output.Write(Encoding.ASCII.GetBytes(text));
            await output.FlushAsync();
            output.Write(Encoding.ASCII.GetBytes($" ended {output.GetType().Name}"));
            await output.FlushAsync();
        });
        return app;
    }

    private sealed class Connections
    {
        public int Count { get; set; }
    }
}
