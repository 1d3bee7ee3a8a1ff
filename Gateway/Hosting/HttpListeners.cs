using Microsoft.Extensions.Options;

namespace Realtime.Gateway.Hosting;

/// <summary>What the HTTP servers of all processes have in common.</summary>
public static class HttpListeners
{
    private const string Urls = "urls";

    // A peer that is gone is noticed on HTTP/2, too (protocol 1.5).
    private static readonly TimeSpan Http2PingDelay = TimeSpan.FromSeconds(20);

    /// <summary>Configures addresses, Kestrel and its sockets.</summary>
    /// <param name="builder">The process's builder.</param>
    /// <exception cref="OptionsValidationException">An address isn't one.</exception>
    public static void AddHttpListeners(this WebApplicationBuilder builder)
    {
        ArgumentNullException.ThrowIfNull(builder);
        var urls = builder.Configuration[Urls];
        if (urls?.Split(';', StringSplitOptions.RemoveEmptyEntries).All(IsAddress) == false)
        {
            throw new OptionsValidationException(
                Urls, typeof(string), [$"urls (--urls, ASPNETCORE_URLS) must hold addresses such as http://0.0.0.0:8080, separated by ';', but is '{urls}'."]);
        }

        if (builder.Configuration["Realtime:OperatorUrls"] is { Length: > 0 } operatorUrls)
        {
            builder.WebHost.UseUrls($"{urls};{operatorUrls}");
        }

        builder.WebHost.ConfigureKestrel(static kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.Http2.KeepAlivePingDelay = Http2PingDelay;
        });
        builder.WebHost.UseSockets(static sockets => sockets.CreateBoundListenSocket = ListenSockets.Create);
    }

    private static bool IsAddress(string url)
    {
        try
        {
            return BindingAddress.Parse(url.Trim()) is { Scheme: "http" or "https" };
        }
        catch (FormatException)
        {
            return false;
        }
    }
}
