using System.Globalization;
using System.Net;
using Azure.Data.Tables;

namespace Realtime.Providers.AzureStorage;

/// <summary>A silo's row in the membership table: Orleans' own columns, all of them strings.</summary>
internal static class SiloRow
{
    public const string Status = "Status";
    public const string ProxyPort = "ProxyPort";

    private const string DeploymentId = "DeploymentId";
    private const string Address = "Address";
    private const string Port = "Port";
    private const string Generation = "Generation";
    private const string HostName = "HostName";
    private const string RoleName = "RoleName";
    private const string SiloName = "SiloName";
    private const string InstanceName = "InstanceName";
    private const string UpdateZone = "UpdateZone";
    private const string FaultZone = "FaultZone";
    private const string SuspectingSilos = "SuspectingSilos";
    private const string SuspectingTimes = "SuspectingTimes";
    private const string StartTime = "StartTime";
    private const string IAmAliveTime = "IAmAliveTime";

    public static string KeyOf(SiloAddress silo) =>
        string.Create(CultureInfo.InvariantCulture, $"{silo.Endpoint.Address}-{silo.Endpoint.Port}-{silo.Generation}");

    public static TableEntity From(MembershipEntry entry, string clusterId)
    {
        var silo = entry.SiloAddress;
        var suspicions = entry.SuspectTimes ?? [];
        return new TableEntity(clusterId, KeyOf(silo))
        {
            [DeploymentId] = clusterId,
            [Address] = silo.Endpoint.Address.ToString(),
            [Port] = Text(silo.Endpoint.Port),
            [Generation] = Text(silo.Generation),
            [HostName] = entry.HostName,
            [Status] = entry.Status.ToString(),
            [ProxyPort] = Text(entry.ProxyPort),
            [RoleName] = entry.RoleName,
            [SiloName] = entry.SiloName,
            // The name's column in Orleans' first versions; its provider still writes both.
            [InstanceName] = entry.SiloName,
            [UpdateZone] = Text(entry.UpdateZone),
            [FaultZone] = Text(entry.FaultZone),
            [SuspectingSilos] = string.Join('|', suspicions.Select(suspicion => suspicion.Item1.ToParsableString())),
            [SuspectingTimes] = string.Join('|', suspicions.Select(suspicion => LogFormatter.PrintDate(suspicion.Item2))),
            [StartTime] = LogFormatter.PrintDate(entry.StartTime),
            [IAmAliveTime] = LogFormatter.PrintDate(entry.IAmAliveTime),
        };
    }

    /// <summary>The part of a row that a sign of life changes, for a merge.</summary>
    public static TableEntity SignOfLife(MembershipEntry entry, string clusterId) => new(clusterId, KeyOf(entry.SiloAddress))
    {
        [DeploymentId] = clusterId,
        [IAmAliveTime] = LogFormatter.PrintDate(entry.IAmAliveTime),
    };

    /// <exception cref="FormatException">The row isn't a silo's.</exception>
    public static MembershipEntry Parse(TableEntity row)
    {
        var entry = new MembershipEntry
        {
            SiloAddress = AddressOf(row, Port),
            HostName = row.GetString(HostName),
            Status = Enum.TryParse<SiloStatus>(row.GetString(Status), out var status) ? status : throw Unreadable(row, Status),
            ProxyPort = Number(row, ProxyPort),
            RoleName = row.GetString(RoleName),
            SiloName = row.GetString(SiloName) is { Length: > 0 } name ? name : row.GetString(InstanceName),
            UpdateZone = Number(row, UpdateZone),
            FaultZone = Number(row, FaultZone),
            StartTime = Time(row, StartTime),
            IAmAliveTime = Time(row, IAmAliveTime),
        };

        var silos = Parts(row, SuspectingSilos);
        var times = Parts(row, SuspectingTimes);
        if (silos.Length != times.Length)
        {
            throw Unreadable(row, SuspectingTimes);
        }

        foreach (var (silo, time) in silos.Zip(times))
        {
            entry.AddSuspector(SiloAddress.FromParsableString(silo), LogFormatter.ParseDate(time));
        }

        return entry;
    }

    /// <summary>Where clients reach the silo.</summary>
    /// <exception cref="FormatException">The row isn't a silo's.</exception>
    public static Uri GatewayOf(TableEntity row) => AddressOf(row, ProxyPort).ToGatewayUri();

    private static SiloAddress AddressOf(TableEntity row, string portColumn) =>
        IPAddress.TryParse(row.GetString(Address), out var address)
            ? SiloAddress.New(address, Number(row, portColumn), Number(row, Generation))
            : throw Unreadable(row, Address);

    private static int Number(TableEntity row, string column) => row.GetString(column) switch
    {
        null or "" => 0,
        var text => int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number)
            ? number
            : throw Unreadable(row, column),
    };

    private static DateTime Time(TableEntity row, string column) =>
        row.GetString(column) is { Length: > 0 } text ? LogFormatter.ParseDate(text) : default;

    private static string[] Parts(TableEntity row, string column) =>
        (row.GetString(column) ?? "").Split('|', StringSplitOptions.RemoveEmptyEntries);

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);

    private static FormatException Unreadable(TableEntity row, string column) =>
        new($"Row '{row.RowKey}' of the membership table can't be read: its {column} makes no sense.");
}
