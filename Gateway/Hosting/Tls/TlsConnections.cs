using System.IO.Pipelines;
using System.Net;
using System.Net.Security;
using System.Runtime.ExceptionServices;
using System.Security.Authentication;
using Microsoft.AspNetCore.Connections;

namespace Realtime.Gateway.Hosting.Tls;

/// <summary>Mutual TLS as a layer of Orleans' connections, below everything that silos and gateways say to each other.</summary>
public static partial class TlsConnections
{
    // A record of TLS holds this much; smaller buffers would make more of them.
    private const int RecordBytes = 16 * 1024;

    // Also for who connects and says nothing.
    private static readonly TimeSpan HandshakeLimit = TimeSpan.FromSeconds(10);

    /// <summary>Has inbound connections begin with a handshake, in which the other side must show a certificate; others are closed.</summary>
    /// <param name="connections">The connections of a port.</param>
    /// <param name="certificates">This process's.</param>
    public static void AcceptTls(this IConnectionBuilder connections, ClusterCertificates certificates) => Begin(
        connections,
        certificates,
        static (tls, own, limit) => tls.AuthenticateAsServerAsync(own.CreateServerOptions(), limit),
        static (logger, connection, exception) =>

            // Not thrown: Orleans would log each stranger with a stack trace.
            LogRefused(logger, connection.RemoteEndPoint, exception.Message));

    /// <summary>Has outbound connections begin with a handshake, in which both sides show their certificates.</summary>
    /// <param name="connections">The connections.</param>
    /// <param name="certificates">This process's.</param>
    public static void RequireTls(this IConnectionBuilder connections, ClusterCertificates certificates) => Begin(
        connections,
        certificates,
        static (tls, own, limit) => tls.AuthenticateAsClientAsync(own.CreateClientOptions(), limit),
        static (logger, connection, exception) =>
        {
            LogFailed(logger, connection.RemoteEndPoint, exception.Message);
            ExceptionDispatchInfo.Throw(exception);
        });

    private static void Begin(
        IConnectionBuilder connections,
        ClusterCertificates certificates,
        Func<SslStream, CertificateSet, CancellationToken, Task> shakeHands,
        Action<ILogger, ConnectionContext, Exception> fail)
    {
        ArgumentNullException.ThrowIfNull(connections);
        var logger = connections.ApplicationServices.GetRequiredService<ILoggerFactory>().CreateLogger(typeof(TlsConnections));
        connections.Use(next => async connection =>
        {
            await using var tls = new SslStream(new DuplexPipeStream(connection.Transport), leaveInnerStreamOpen: true);
            try
            {
                using var limit = CreateLimit(connection);
                await shakeHands(tls, certificates.ReadCurrent(logger), limit.Token);
            }
            catch (Exception exception) when (IsFailure(exception))
            {
                fail(logger, connection, exception);
                return;
            }

            await RunAsync(connection, next, tls);
        });
    }

    private static CancellationTokenSource CreateLimit(ConnectionContext connection)
    {
        var limit = CancellationTokenSource.CreateLinkedTokenSource(connection.ConnectionClosed);
        limit.CancelAfter(HandshakeLimit);
        return limit;
    }

    // InvalidOperationException is that of pipes which were completed meanwhile.
    private static bool IsFailure(Exception exception) =>
        exception is AuthenticationException or IOException or OperationCanceledException or InvalidOperationException;

    private static async Task RunAsync(ConnectionContext connection, ConnectionDelegate next, SslStream tls)
    {
        var plain = connection.Transport;
        connection.Transport = new Pipes(
            PipeReader.Create(tls, new StreamPipeReaderOptions(bufferSize: RecordBytes, leaveOpen: true)),
            PipeWriter.Create(tls, new StreamPipeWriterOptions(minimumBufferSize: RecordBytes, leaveOpen: true)));
        try
        {
            await next(connection);
        }
        finally
        {
            // The connection ends its own pipes by this property.
            connection.Transport = plain;
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Refused a connection from {Peer}, as its TLS handshake failed: {Reason}")]
    private static partial void LogRefused(ILogger logger, EndPoint? peer, string reason);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The TLS handshake with {Peer} failed: {Reason}")]
    private static partial void LogFailed(ILogger logger, EndPoint? peer, string reason);

    private sealed record Pipes(PipeReader Input, PipeWriter Output) : IDuplexPipe;
}
