using Microsoft.Extensions.Options;
using Realtime.Silo;

namespace Realtime.Tests.Silo;

public sealed class DevelopmentDataTests : IDisposable
{
    private readonly string _dataFolder = Directory.CreateTempSubdirectory("realtime-data-").FullName;

    public void Dispose() => Directory.Delete(_dataFolder, recursive: true);

    [Fact]
    public async Task Start_IsRefused_WhenDataOfTheDevelopmentEnvironmentIsUsedElsewhere()
    {
        await using (var development = Build("Development"))
        {
            await development.StartAsync(TestContext.Current.CancellationToken);
            await development.StopAsync(TestContext.Current.CancellationToken);
        }

        await using var production = Build("Production");
        var refused = await Assert.ThrowsAsync<OptionsValidationException>(() => production.StartAsync(TestContext.Current.CancellationToken));

        Assert.StartsWith("Realtime:DataFolder holds the development environment's data", refused.Message, StringComparison.Ordinal);
        await production.StopAsync(TestContext.Current.CancellationToken);
    }

    private WebApplication Build(string environment) => SiloHost.Build(
    [
        "--environment", environment,
        "--urls", "http://127.0.0.1:0",
        "--Realtime:DataFolder", _dataFolder,
        "--Realtime:SigningKeys:0:Id", "test",
        "--Realtime:SigningKeys:0:Secret", Convert.ToBase64String(new byte[32]),
        "--Realtime:Passwords:WorkFactor", "4",
        "--Logging:LogLevel:Default", "Error",
    ]);
}
