using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Realtime.Tenants;

/// <summary>Finds the part of a database's account index that an account belongs to.</summary>
internal static class AccountIndex
{
    /// <summary>Parts per database: a part of a database with a million accounts is some 130 KB.</summary>
    public const int Parts = 256;

    /// <summary>The part of an account.</summary>
    public static IAccountIndexGrain GetAccountIndex(this IGrainFactory grains, string database, string accountId) =>
        grains.GetAccountIndex(database, SHA256.HashData(Encoding.UTF8.GetBytes(accountId))[0]);

    /// <summary>A part by its number.</summary>
    public static IAccountIndexGrain GetAccountIndex(this IGrainFactory grains, string database, int part) =>
        grains.GetGrain<IAccountIndexGrain>(Key(database, part));

    private static string Key(string database, int part) =>
        GrainKey.Join(database, part.ToString(CultureInfo.InvariantCulture));
}
