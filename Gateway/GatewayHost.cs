using System.Buffers.Text;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;
using Realtime.Gateway.Auth;
using Realtime.Gateway.Channels;
using Realtime.Gateway.Connections;
using Realtime.Gateway.Demo;
using Realtime.Gateway.Hosting;
using Realtime.Gateway.Http;
using Realtime.Gateway.Quotas;
using Realtime.Gateway.Restatements;
using Realtime.Gateway.Sessions;
using Realtime.Gateway.Telemetry;
using Realtime.Gateway.Transports;

namespace Realtime.Gateway;

/// <summary>Adds the gateway to a host: the only part of the backend that clients reach.</summary>
public static class GatewayHost
{
    // After the connections have ended.
    private static readonly TimeSpan ShutdownTime = TimeSpan.FromSeconds(15);

    private static readonly TimeSpan PreflightMaxAge = TimeSpan.FromHours(2);

    /// <summary>
    /// Adds the gateway's services. The host must also provide an <see cref="IClusterClient"/> with the stream provider
    /// <see cref="RealtimeStreams.ProviderName"/>.
    /// </summary>
    /// <param name="services">The host's services.</param>
    /// <param name="configuration">The host's configuration; see <see cref="RealtimeOptions"/> and <see cref="LimitOptions"/>.</param>
    /// <param name="isOnlyProcess">Whether the silo is this process, too, and there is no other: nothing can outlive it.</param>
    public static IServiceCollection AddRealtimeGateway(
        this IServiceCollection services, IConfiguration configuration, bool isOnlyProcess = false)
    {
        services.Configure<RealtimeOptions>(realtime => realtime.HasOneProcess = isOnlyProcess);
        services.AddOptions<RealtimeOptions>().Bind(configuration.GetSection(RealtimeOptions.Section))
            .ValidateDataAnnotations().ValidateOnStart();
        services.AddSingleton<IValidateOptions<RealtimeOptions>, RealtimeOptionsValidator>();
        services.AddOptions<LimitOptions>().Bind(configuration.GetSection(LimitOptions.Section))
            .ValidateDataAnnotations().ValidateOnStart();
        services.TryAddSingleton(TimeProvider.System);

        services.AddMetrics();
        services.AddSingleton<GatewayMetrics>();
        services.AddHostedService<GatewayGauges>();
        services.AddSingleton<GatewayIdentity>();
        services.AddSingleton<GatewayObserver>();
        services.AddSingleton<Readiness>();
        services.AddSingleton<ConnectionRegistry>();
        services.AddSingleton<AbsentSessions>();
        services.AddSingleton<SessionPlaces>();
        services.AddSingleton<SessionReplicas>();
        services.AddSingleton<SessionArrivals>();
        services.AddSingleton<GivenSessions>();
        services.AddSingleton<LateReplies>();
        services.AddSingleton<SessionHandover>();
        services.AddSingleton<SessionReplay>();
        services.AddSingleton<SessionResumer>();
        services.AddSingleton<ConnectionLifetime>();
        services.AddSingleton<CommandHandler>();
        services.AddSingleton<PostHandler>();
        services.AddSingleton<Authenticator>();
        services.AddSingleton<SessionTokens>();
        services.AddSingleton<VerifiedTokens>();
        services.AddSingleton<IdentityCache>();
        services.AddSingleton<DatabaseCache>();
        services.AddSingleton<RequestAuthenticator>();
        services.AddSingleton<AddressRates>();
        services.AddSingleton<SlotKeeper>();
        services.AddSingleton<PublicationNumbers>();
        services.AddSingleton(provider => new RecentPublications(
            provider.GetRequiredService<IOptions<LimitOptions>>(), provider.GetRequiredService<TimeProvider>(), isOnlyProcess));
        services.AddSingleton<ChannelHub>();
        services.AddSingleton<RepositoryHub>();
        services.AddSingleton<IRestatement, Restatement>();
        services.AddSingleton<InboxReader>();
        services.AddSingleton<WebSocketSessions>();
        services.AddSingleton<RealtimeEndpoints>();
        services.AddSingleton<MessageEndpoint>();
        services.AddSingleton<OperatorListener>();
        services.AddOptions<HostOptions>().Configure<IOptions<RealtimeOptions>>(static (host, realtime) =>
            host.ShutdownTimeout = realtime.Value.DrainTime + Drain.FarewellTime + ShutdownTime);
        services.AddHostedService<GatewayService>();
        services.AddHostedService<ConnectionSweeper>();
        services.AddHostedService<Drain>();

        services.AddCors(static cors => cors.AddDefaultPolicy(static policy => policy
            .SetIsOriginAllowed(static _ => true)
            .WithMethods("GET", "POST", "PUT", "DELETE")
            .WithHeaders("authorization", "content-type", "sb-public-key")
            .SetPreflightMaxAge(PreflightMaxAge)));
        return services;
    }

    /// <summary>Maps everything that clients and operators call.</summary>
    /// <param name="app">The host.</param>
    public static WebApplication MapRealtime(this WebApplication app)
    {
        ArgumentNullException.ThrowIfNull(app);
        app.Use(CollapseSlashesAsync);
        app.Use(app.Services.GetRequiredService<OperatorListener>().InvokeAsync);

        app.MapWhen(RealtimeEndpoints.IsSocket, static sockets =>
        {
            sockets.UseMiddleware<FailureMiddleware>();
            sockets.UseMiddleware<DrainMiddleware>();
            ShareWebSockets(sockets);
            RealtimeEndpoints.RunSockets(sockets);
        });

        // Before the failures, so that a browser is allowed to read those, too. Server-side paths have no CORS (protocol 1.7).
        app.UseWhen(static http => !IsServerSide(http.Request.Path), static browser => browser.UseCors());
        app.UseMiddleware<FailureMiddleware>();
        app.UseMiddleware<DrainMiddleware>();
        app.UseRouting();
        RealtimeEndpoints.Map(app);
        MessageEndpoint.Map(app);
        app.MapAccounts();
        app.MapDocuments();
        app.MapPublish();
        app.MapOperator();
        app.MapUnsupported();
        app.MapHealth();
        app.MapMetrics();

        // The client's own test (protocol 3.2).
        app.MapGet("/ping", static () => Replies.True);
        if (app.Environment.IsDevelopment())
        {
            app.MapDemoPage();
        }

        return app;
    }

    private static void ShareWebSockets(IApplicationBuilder sockets)
    {
        var metrics = sockets.ApplicationServices.GetRequiredService<GatewayMetrics>();
        sockets.Use((HttpContext http, RequestDelegate next) =>
        {
            WebSocketUpgrade.Prepare(http, metrics);
            return next(http);
        });
        sockets.UseWebSockets();
    }

    private static bool IsServerSide(PathString path) =>
        path.StartsWithSegments("/sudo") || path.StartsWithSegments("/sudoquery") || path.StartsWithSegments("/operator")
        || path.StartsWithSegments("/publish-message");

    /// <summary>A region with a trailing slash yields <c>//sse/connect</c>; a redirect would turn a POST into a GET (protocol 1.1).</summary>
    private static Task CollapseSlashesAsync(HttpContext http, RequestDelegate next)
    {
        var path = http.Request.Path.Value!;
        while (path.Contains("//", StringComparison.Ordinal))
        {
            path = path.Replace("//", "/", StringComparison.Ordinal);
        }

        http.Request.Path = path;
        return next(http);
    }

    private sealed class RealtimeOptionsValidator(IHostEnvironment environment) : IValidateOptions<RealtimeOptions>
    {
        public ValidateOptionsResult Validate(string? name, RealtimeOptions options)
        {
            if (options.SigningKeys.Count == 0)
            {
                return ValidateOptionsResult.Fail("Realtime:SigningKeys must hold at least one key: the first signs session tokens, and all gateways of a cluster need the same.");
            }

            foreach (var key in options.SigningKeys)
            {
                if (key.Id.Length == 0 || !Base64.IsValid(key.Secret, out var length) || length < SigningKeyOptions.MinSecretBytes)
                {
                    return ValidateOptionsResult.Fail(
                        $"Realtime:SigningKeys needs an Id and a Secret of at least {SigningKeyOptions.MinSecretBytes} bytes in base64 for each key.");
                }
            }

            if (options.OperatorUrls?.Split(';').All(static url => Uri.IsWellFormedUriString(url.Trim(), UriKind.Absolute)) == false)
            {
                return ValidateOptionsResult.Fail("Realtime:OperatorUrls must hold addresses such as http://127.0.0.1:8100, separated by ';'.");
            }

            return options.UnknownKeysUseDatabase is not null && !environment.IsDevelopment()
                ? ValidateOptionsResult.Fail("Realtime:UnknownKeysUseDatabase is accepted in the development environment only.")
                : ValidateOptionsResult.Success;
        }
    }
}
