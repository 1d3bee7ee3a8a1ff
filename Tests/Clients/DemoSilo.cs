using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Realtime.Silo;
using Realtime.Tests.Clients;

[assembly: AssemblyFixture(typeof(DemoSilo))]

namespace Realtime.Tests.Clients;

/// <summary>
/// The all-in-one host in this process, in the development environment: the one that carries the demo page. Started when
/// the first test asks for it; tests keep apart by registering their own users.
/// </summary>
public sealed class DemoSilo : IAsyncLifetime
{
    private readonly string _dataFolder = Directory.CreateTempSubdirectory("realtime-demo-").FullName;
    private readonly Lazy<Task<WebApplication>> _started;

    public DemoSilo() => _started = new(StartAsync);

    /// <summary>Where the page is.</summary>
    public async Task<Uri> AddressAsync()
    {
        var app = await _started.Value;
        return new Uri(app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First());
    }

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        if (_started.IsValueCreated)
        {
            var app = await _started.Value;
            await app.StopAsync();
            await app.DisposeAsync();
        }

        Directory.Delete(_dataFolder, recursive: true);
    }

    private async Task<WebApplication> StartAsync()
    {
        var app = SiloHost.Build(
        [
            "--urls", "http://127.0.0.1:0",
            "--environment", "Development",
            "--Realtime:DataFolder", _dataFolder,
            "--Realtime:Passwords:WorkFactor", "4",
            "--Logging:LogLevel:Microsoft.Hosting.Lifetime", "Warning",
            "--Logging:LogLevel:Realtime", "Warning",
        ]);
        await app.StartAsync();
        return app;
    }
}
