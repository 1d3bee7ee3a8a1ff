using System.Security.Cryptography;
using Realtime.Tenants;

namespace Realtime.Gateway.Hosting;

/// <summary>
/// What the development environment has so that one command is enough (protocol 8): known keys, tokens and users. None
/// of it exists elsewhere.
/// </summary>
public static class DevelopmentDefaults
{
    /// <summary>Id of the development tenant.</summary>
    public const string TenantId = "development";

    /// <summary>Its name.</summary>
    public const string TenantName = "Development";

    /// <summary>Its plan.</summary>
    public const string Plan = "growth";

    internal const string OperatorKey = "safe-to-use-in-dev-operator-key";
    internal const string Url = "http://localhost:8099";

    private const string SiloUrl = "http://localhost:8098";

    // Not the one that is used elsewhere: known keys must not come along.
    private const string DataFolder = "data/development";

    private const string SigningKeyFile = "signing-key";

    /// <summary>Its database.</summary>
    public static DatabaseSeed Database { get; } =
        new("dev_memory_pk", "safe-to-use-in-dev-root-token", "admin@dev.com", "devpw1234");

    /// <summary>
    /// Settings of a gateway process. There is no signing key among them: one that this process made would be unknown to
    /// the other gateways of its cluster.
    /// </summary>
    public static Dictionary<string, string?> Gateway => new()
    {
        ["Realtime:OperatorKey"] = OperatorKey,
        ["urls"] = Url,
    };

    /// <summary>Settings of a process that is only a silo.</summary>
    public static Dictionary<string, string?> Silo => new() { ["urls"] = SiloUrl };

    /// <summary>Settings of the all-in-one process.</summary>
    /// <param name="configuration">What was configured.</param>
    public static Dictionary<string, string?> GetAllInOne(IConfiguration configuration)
    {
        ArgumentNullException.ThrowIfNull(configuration);
        var defaults = Gateway;
        defaults["Realtime:DataFolder"] = DataFolder;
        if (!configuration.GetSection("Realtime:SigningKeys").GetChildren().Any())
        {
            defaults["Realtime:SigningKeys:0:Id"] = "development";
            defaults["Realtime:SigningKeys:0:Secret"] = ReadOrMakeSigningKey(configuration["Realtime:DataFolder"] ?? DataFolder);
        }

        return defaults;
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
