namespace Realtime.Users;

/// <summary>The side of a user's grain that only the deletion of its database uses. Same key as <see cref="IUserGrain"/>.</summary>
[Alias("realtime.IErasableUserGrain")]
internal interface IErasableUserGrain : IGrainWithStringKey
{
    /// <summary>Deletes the user without a trace and without telling the gateways, which know that the database is gone.</summary>
    [Alias("Erase")]
    ValueTask EraseAsync();
}
