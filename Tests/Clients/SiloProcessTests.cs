using System.Text.Json;

namespace Realtime.Tests.Clients;

/// <summary>The all-in-one process, used by the published client and killed.</summary>
public sealed class SiloProcessTests : IDisposable
{
    private const string DevelopmentKey = "dev_memory_pk";
    private const int DocumentsBeforeTheKill = 5;

    private readonly string _dataFolder = Directory.CreateTempSubdirectory("realtime-silo-").FullName;

    public void Dispose() => Directory.Delete(_dataFolder, recursive: true);

    [Fact]
    public async Task Process_KeepsEverythingAcknowledged_WhenItIsKilled()
    {
        JsonElement user;
        List<JsonElement> documents;
        await using (var silo = await SiloProcess.StartAsync(_dataFolder))
        {
            foreach (var text in (string[])[
                $"new Backend(\"{DevelopmentKey}\", \"{silo.Url}\")", "admin@dev.com / devpw1234", "safe-to-use-in-dev-root-token", $"{silo.Url}/"])
            {
                Assert.Contains(text, silo.Report, StringComparison.Ordinal);
            }

            (user, documents) = await CreateUntilKilledAsync(silo);
            await silo.GoneAsync();
        }

        await using var restarted = await SiloProcess.StartAsync(_dataFolder);
        var before = new { email = user.GetProperty("email"), token = user.GetProperty("token"), documents };
        var steps = await NodeScript.RunAsync("durability", Settings(restarted, before));

        Assert.Equal(
            ["the token from before is still valid", "the user logs in", "every acknowledged document is there"],
            steps.Select(static step => step.Name));
    }

    [Fact]
    public async Task Process_ShowsItsGrains_InDevelopment()
    {
        await using var silo = await SiloProcess.StartAsync(_dataFolder);
        using var http = new HttpClient();

        var page = await http.GetStringAsync(new Uri($"{silo.Url}/dashboard/"), TestContext.Current.CancellationToken);

        Assert.Contains("Orleans", page, StringComparison.Ordinal);
    }

    /// <summary>The script creates one document after the other; the process dies while it does.</summary>
    private static async Task<(JsonElement User, List<JsonElement> Documents)> CreateUntilKilledAsync(SiloProcess silo)
    {
        var acknowledged = 0;
        var steps = await NodeScript.RunAsync("durability", Settings(silo), step =>
        {
            if (step.Name == "a document was acknowledged" && ++acknowledged == DocumentsBeforeTheKill)
            {
                silo.Kill();
            }
        });

        Assert.True(acknowledged >= DocumentsBeforeTheKill, $"only {acknowledged} documents were acknowledged");
        return (steps[0].Value, [.. steps.Skip(1).Select(static step => step.Value)]);
    }

    private static object Settings(SiloProcess silo, object? before = null) => new
    {
        client = "1.7.0",
        url = silo.Url,
        publicKey = DevelopmentKey,
        before,
    };
}
