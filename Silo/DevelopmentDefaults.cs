using System.Security.Cryptography;
using Realtime.Tenants;

namespace Realtime.Silo;

/// <summary>
/// What the development environment has so that one command is enough (protocol 8): known keys, tokens and users. None
/// of it exists elsewhere.
/// </summary>
internal static class DevelopmentDefaults
{
    public const string OperatorKey = "safe-to-use-in-dev-operator-key";
    public const string TenantId = "development";
    public const string Plan = "growth";
    public const string Url = "http://localhost:8099";

    // Not the one that is used elsewhere: known keys must not come along.
    private const string DataFolder = "data/development";

    private const string SigningKeyFile = "signing-key";

    public static DatabaseSeed Database { get; } =
        new("dev_memory_pk", "safe-to-use-in-dev-root-token", "admin@dev.com", "devpw1234");

    /// <summary>Adds the defaults beneath everything that was configured.</summary>
    public static void AddDevelopmentDefaults(this WebApplicationBuilder builder)
    {
        var dataFolder = builder.Configuration["Realtime:DataFolder"] ?? DataFolder;
        var defaults = new Dictionary<string, string?>
        {
            ["Realtime:DataFolder"] = DataFolder,
            ["Realtime:OperatorKey"] = OperatorKey,
            ["urls"] = Url,
        };
        if (!builder.Configuration.GetSection("Realtime:SigningKeys").GetChildren().Any())
        {
            defaults["Realtime:SigningKeys:0:Id"] = "development";
            defaults["Realtime:SigningKeys:0:Secret"] = ReadOrMakeSigningKey(dataFolder);
        }

        // The first source is the weakest.
        builder.Configuration.Sources.Insert(
            0, new Microsoft.Extensions.Configuration.Memory.MemoryConfigurationSource { InitialData = defaults });
    }

    /// <summary>Creates the development tenant and database, if they aren't there.</summary>
    public static async Task SeedAsync(IGrainFactory grains)
    {
        var tenant = grains.GetGrain<ITenantGrain>(TenantId);
        var created = await tenant.CreateAsync("Development", Plan);
        if (created.Error is { } error)
        {
            throw new InvalidOperationException($"The development tenant could not be created: {error.Message}");
        }

        await tenant.SeedDatabaseAsync(Database);
    }

    /// <summary>Tokens stay valid over restarts, so the key that signs them is kept.</summary>
    private static string ReadOrMakeSigningKey(string dataFolder)
    {
        Directory.CreateDirectory(dataFolder);
        var path = Path.Combine(dataFolder, SigningKeyFile);
        if (!File.Exists(path))
        {
            File.WriteAllText(path, Convert.ToBase64String(RandomNumberGenerator.GetBytes(32)));
            if (!OperatingSystem.IsWindows())
            {
                File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite);
            }
        }

        return File.ReadAllText(path).Trim();
    }
}
