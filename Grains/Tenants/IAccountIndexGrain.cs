using System.Collections.Immutable;

namespace Realtime.Tenants;

/// <summary>
/// A part of a database's accounts, so that deleting the database finds them and registering never rewrites them all.
/// </summary>
/// <remarks>Key: the database and the number of the part, see <see cref="AccountIndex"/>.</remarks>
[Alias("realtime.IAccountIndexGrain")]
internal interface IAccountIndexGrain : IGrainWithStringKey
{
    /// <summary>Adds an account.</summary>
    [Alias("Add")]
    ValueTask AddAsync(string accountId);

    /// <summary>Takes an account off that came to nothing.</summary>
    [Alias("Remove")]
    ValueTask RemoveAsync(string accountId);

    /// <summary>The accounts of this part.</summary>
    [Alias("Get")]
    ValueTask<ImmutableArray<string>> GetAsync();

    /// <summary>Forgets all accounts of this part.</summary>
    [Alias("Clear")]
    ValueTask ClearAsync();
}
