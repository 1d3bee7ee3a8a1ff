using System.ComponentModel;
using System.Diagnostics;
using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;
using Realtime.Tests.Clients;

namespace Realtime.Tests.Providers.AzureStorage;

/// <summary>The emulator of Azure Storage, in a process of its own on free ports, with everything in memory.</summary>
public sealed partial class AzuriteProcess : IAsyncDisposable
{
    private const string Account = "realtime";
    private static readonly TimeSpan _bound = TimeSpan.FromSeconds(60);

    private readonly Process _process;
    private readonly string _key;
    private readonly Dictionary<string, Uri> _services = [];
    private readonly StringBuilder _printed = new();
    private Task _reading = Task.CompletedTask;

    private AzuriteProcess(Process process, string key)
    {
        _process = process;
        _key = key;
    }

    /// <summary>The system's number of the process, for who wants to freeze it.</summary>
    public int ProcessId => _process.Id;

    /// <summary>The account's table address.</summary>
    public Uri TableUri => new(_services["Table"], Account);

    /// <summary>The account's blob address.</summary>
    public Uri BlobUri => new(_services["Blob"], Account);

    /// <summary>The account's connection string, for tables and blobs.</summary>
    public string ConnectionString =>
        $"DefaultEndpointsProtocol={TableUri.Scheme};AccountName={Account};AccountKey={_key};TableEndpoint={TableUri};BlobEndpoint={BlobUri}";

    /// <summary>Starts it and waits until it listens.</summary>
    /// <param name="arguments">Arguments besides those for free ports and memory.</param>
    public static async Task<AzuriteProcess> StartAsync(params string[] arguments)
    {
        var folder = Path.Combine(Checkout.Root, "Tests", "Providers", "AzureStorage", "azurite");
        var program = Path.Combine(folder, "node_modules", "azurite", "dist", "src", "azurite.js");
        Assert.True(File.Exists(program), "Azurite is not installed: these tests need Node.js with npm when they are built (see Tests/run.sh).");

        // An account of our own: the emulator's usual key is known to the world and to every scanner for secrets.
        var key = Convert.ToBase64String(RandomNumberGenerator.GetBytes(64));
        var start = new ProcessStartInfo("node", [
            "--require", "./exit-with-parent.cjs", program,
            "--silent", "--inMemoryPersistence", "--disableTelemetry", "--skipApiVersionCheck",
            "--blobPort", "0", "--queuePort", "0", "--tablePort", "0", .. arguments])
        {
            WorkingDirectory = folder,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            Environment = { ["AZURITE_ACCOUNTS"] = $"{Account}:{key}" },
        };
        AzuriteProcess azurite;
        try
        {
            azurite = new AzuriteProcess(Process.Start(start)!, key);
        }
        catch (Win32Exception exception)
        {
            throw new InvalidOperationException("Node.js was not found: these tests need 'node' (see Tests/run.sh).", exception);
        }

        try
        {
            await azurite.WaitAsync();
            return azurite;
        }
        catch
        {
            await azurite.DisposeAsync();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        // Does nothing to a process that has ended.
        _process.Kill();
        await _process.WaitForExitAsync();
        await _reading;
        _process.Dispose();
    }

    private async Task WaitAsync()
    {
        using var timeout = new CancellationTokenSource(_bound);
        var errors = DrainAsync(_process.StandardError);
        try
        {
            while (!(_services.ContainsKey("Table") && _services.ContainsKey("Blob")))
            {
                var line = await _process.StandardOutput.ReadLineAsync(timeout.Token)
                    ?? throw new InvalidOperationException($"Azurite ended instead of starting: {_printed}");
                lock (_printed)
                {
                    _printed.AppendLine(line);
                }

                if (Listening().Match(line) is { Success: true } match)
                {
                    _services[match.Groups["service"].Value] = new Uri(match.Groups["address"].Value);
                }
            }
        }
        catch (OperationCanceledException)
        {
            throw new TimeoutException($"Azurite did not listen within {_bound}: {_printed}");
        }

        // A full pipe would stop it.
        _reading = Task.WhenAll(errors, DrainAsync(_process.StandardOutput));
    }

    private async Task DrainAsync(StreamReader output)
    {
        while (await output.ReadLineAsync() is { } line)
        {
            if (_services.Count < 2)
            {
                lock (_printed)
                {
                    _printed.AppendLine(line);
                }
            }
        }
    }

    [GeneratedRegex("^Azurite (?<service>[A-Za-z]+) service is successfully listening at (?<address>https?://\\S+)")]
    private static partial Regex Listening();
}
