using System.Net;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Options;

namespace Realtime.Gateway.Hosting;

/// <summary>What the HTTP servers of all processes have in common.</summary>
public static class HttpListeners
{
    private const string Urls = "urls";
    private const string Endpoints = "Kestrel:Endpoints";

    // A peer that is gone is noticed on HTTP/2, too (protocol 1.5).
    private static readonly TimeSpan Http2PingDelay = TimeSpan.FromSeconds(20);

    /// <summary>Configures addresses, Kestrel and its sockets.</summary>
    /// <param name="builder">The process's builder.</param>
    /// <exception cref="OptionsValidationException">An address isn't one.</exception>
    public static void AddHttpListeners(this WebApplicationBuilder builder)
    {
        ArgumentNullException.ThrowIfNull(builder);
        var urls = builder.Configuration[Urls];
        if (!Split(urls).All(IsAddress))
        {
            throw new OptionsValidationException(
                Urls, typeof(string), [$"urls (--urls, ASPNETCORE_URLS) must hold addresses such as http://0.0.0.0:8080, separated by ';', but is '{urls}'."]);
        }

        var operatorUrls = Split(builder.Configuration["Realtime:OperatorUrls"]);
        var hasEndpoints = builder.Configuration.GetSection(Endpoints).GetChildren().Any();
        if (operatorUrls.Length > 0 && !hasEndpoints)
        {
            builder.WebHost.UseUrls($"{urls};{string.Join(';', operatorUrls)}");
        }

        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.Http2.KeepAlivePingDelay = Http2PingDelay;
            if (hasEndpoints)
            {
                // Kestrel's own section replaces all urls.
                Array.ForEach(operatorUrls, url => Listen(kestrel, url));
            }
        });
        builder.WebHost.UseSockets(static sockets => sockets.CreateBoundListenSocket = ListenSockets.Create);
    }

    private static void Listen(KestrelServerOptions kestrel, string url)
    {
        var address = BindingAddress.Parse(url);
        Action<ListenOptions> configure = address.Scheme == "https" ? static listener => listener.UseHttps() : static _ => { };
        if (IPAddress.TryParse(address.Host.Trim('[', ']'), out var ip))
        {
            kestrel.Listen(ip, address.Port, configure);
        }
        else if (address.Host.Equals("localhost", StringComparison.OrdinalIgnoreCase))
        {
            kestrel.ListenLocalhost(address.Port, configure);
        }
        else
        {
            kestrel.ListenAnyIP(address.Port, configure);
        }
    }

    private static string[] Split(string? urls) =>
        urls?.Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries) ?? [];

    private static bool IsAddress(string url)
    {
        try
        {
            return BindingAddress.Parse(url) is { Scheme: "http" or "https" };
        }
        catch (FormatException)
        {
            return false;
        }
    }
}
