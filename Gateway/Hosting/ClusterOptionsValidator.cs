using System.Net;
using System.Text.RegularExpressions;
using Microsoft.Extensions.Options;
using Realtime.Gateway.Hosting.Tls;

namespace Realtime.Gateway.Hosting;

/// <summary>Refuses settings with which a process couldn't join its cluster, with sentences that name them.</summary>
internal sealed partial class ClusterOptionsValidator : IValidateOptions<ClusterOptions>
{
    private const int LongestId = 40;

    private static readonly TimeSpan ShortestProbe = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan LongestProbe = TimeSpan.FromMinutes(1);

    /// <inheritdoc/>
    public ValidateOptionsResult Validate(string? name, ClusterOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        var failures = new ValidateOptionsResultBuilder();
        Require(IsId(options.ClusterId), "ClusterId", $"must be lower-case letters and digits with single hyphens between, at most {LongestId}.");
        Require(IsId(options.ServiceId), "ServiceId", $"must be lower-case letters and digits with single hyphens between, at most {LongestId}.");
        Require(
            string.IsNullOrEmpty(options.AdvertisedAddress)
            || (IPAddress.TryParse(options.AdvertisedAddress, out var address) && !address.Equals(IPAddress.Any) && !address.Equals(IPAddress.IPv6Any)),
            "AdvertisedAddress",
            $"must be an IP address that other processes reach this one by, but is '{options.AdvertisedAddress}'.");
        Require(IsPort(options.SiloPort), "SiloPort", "must be from 1 to 65535.");
        Require(IsPort(options.GatewayPort) && options.GatewayPort != options.SiloPort, "GatewayPort", "must be from 1 to 65535 and differ from SiloPort.");
        Require(options.ProbeTimeout >= ShortestProbe && options.ProbeTimeout <= LongestProbe, "ProbeTimeout", "must be from 00:00:00.1 to 00:01:00.");
        Require(options.MissedProbes is >= 1 and <= 100, "MissedProbes", "must be from 1 to 100.");
        Require(options.Votes is >= 1 and <= 10, "Votes", "must be from 1 to 10.");
        ValidateStorage(options.Storage, Require);
        if (FindProblem(options.Tls) is { } problem)
        {
            failures.AddError(problem);
        }

        return failures.Build();

        void Require(bool holds, string setting, string sentence)
        {
            if (!holds)
            {
                failures.AddError($"{ClusterOptions.Section}:{setting} {sentence}");
            }
        }
    }

    private static void ValidateStorage(ClusterStorageOptions storage, Action<bool, string, string> require)
    {
        var hasAddress = storage.TableServiceUri is not null || storage.BlobServiceUri is not null;
        if (!string.IsNullOrEmpty(storage.ConnectionString))
        {
            require(!hasAddress, "Storage", "takes either ConnectionString or TableServiceUri and BlobServiceUri, not both.");
            require(ClusterStorage.CanRead(storage.ConnectionString), "Storage:ConnectionString", "isn't the connection string of a storage account.");
            return;
        }

        require(
            hasAddress,
            "Storage",
            "must name the storage account that the cluster shares: ConnectionString, or TableServiceUri and BlobServiceUri.");
        if (hasAddress)
        {
            require(IsAddress(storage.TableServiceUri), "Storage:TableServiceUri", "must be an https address without a query.");
            require(IsAddress(storage.BlobServiceUri), "Storage:BlobServiceUri", "must be an https address without a query.");
        }
    }

    private static string? FindProblem(ClusterTlsOptions tls)
    {
        string?[] paths = [tls.CertificatePath, tls.KeyPath, tls.AuthorityPath];
        if (paths.All(string.IsNullOrEmpty))
        {
            return string.IsNullOrEmpty(tls.PeerName) ? null : $"{ClusterOptions.Section}:Tls:PeerName needs CertificatePath, KeyPath and AuthorityPath.";
        }

        if (paths.Any(string.IsNullOrEmpty))
        {
            return $"{ClusterOptions.Section}:Tls needs CertificatePath, KeyPath and AuthorityPath together.";
        }

        if (!string.IsNullOrEmpty(tls.PeerName) && Uri.CheckHostName(tls.PeerName) != UriHostNameType.Dns)
        {
            return $"{ClusterOptions.Section}:Tls:PeerName must be a DNS name.";
        }

        try
        {
            _ = new ClusterCertificates(tls);
            return null;
        }
        catch (InvalidDataException exception)
        {
            return exception.Message;
        }
    }

    private static bool IsId(string id) => id.Length <= LongestId && Id().IsMatch(id);

    private static bool IsPort(int port) => port is >= IPEndPoint.MinPort + 1 and <= IPEndPoint.MaxPort;

    private static bool IsAddress(Uri? address) => address is { IsAbsoluteUri: true, Scheme: "https", Query: "", Fragment: "" };

    [GeneratedRegex("^[a-z0-9]+(-[a-z0-9]+)*$")]
    private static partial Regex Id();
}
