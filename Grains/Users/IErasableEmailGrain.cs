namespace Realtime.Users;

/// <summary>The side of an e-mail's grain that only the deletion of its database uses. Same key as <see cref="IEmailGrain"/>.</summary>
[Alias("realtime.IErasableEmailGrain")]
internal interface IErasableEmailGrain : IGrainWithStringKey
{
    /// <summary>Forgets whose the e-mail is.</summary>
    [Alias("Erase")]
    ValueTask EraseAsync();
}
