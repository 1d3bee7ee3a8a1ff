using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;

namespace Realtime.Tests.Clients;

/// <summary>Serves pages of applications that use the published client: another origin than the gateway's.</summary>
internal sealed class PageHost : IAsyncDisposable
{
    private const string JavaScript = "text/javascript; charset=utf-8";

    private readonly WebApplication _app;

    private PageHost(WebApplication app)
    {
        _app = app;
        Address = new Uri(app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First());
    }

    /// <summary>Where the pages are, each by its name.</summary>
    public Uri Address { get; }

    /// <summary>Starts the host on a free port.</summary>
    public static async Task<PageHost> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder(new WebApplicationOptions { EnvironmentName = "Testing" });
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var app = builder.Build();
        foreach (var page in (string[])["walk", "cut"])
        {
            app.MapGet($"/{page}", () => Results.File(Path.Combine(Checkout.Clients, "page", $"{page}.html"), "text/html; charset=utf-8"));
        }

        app.MapGet("/client-1.7.0.js", static () => Results.File(Checkout.Library("@staticbackend/js/dist/index.js"), JavaScript));
        app.MapGet("/client-1.0.2.js", static () => Results.File(Checkout.Library("staticbackend-js-1.0.2/dist/index.js"), JavaScript));
        app.MapGet("/resuming-socket.js", static () => Results.File(Path.Combine(Checkout.Root, "Gateway", "Demo", "page", "resuming-socket.js"), JavaScript));
        foreach (var script in (string[])["walk.mjs", "person.mjs", "check.mjs"])
        {
            app.MapGet($"/scripts/{script}", () => Results.File(Path.Combine(Checkout.Clients, "scripts", script), JavaScript));
        }

        await app.StartAsync();
        return new PageHost(app);
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();
}
