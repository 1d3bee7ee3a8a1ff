namespace Realtime.Users;

/// <summary>Grain keys of users, accounts and e-mails.</summary>
public static class UserKeys
{
    /// <summary>Key of a user.</summary>
    /// <param name="database">Public key of the database.</param>
    /// <param name="userId">The user.</param>
    public static string User(string database, string userId) => GrainKey.Join(database, userId);

    /// <summary>Key of an account.</summary>
    /// <param name="database">Public key of the database.</param>
    /// <param name="accountId">The account.</param>
    public static string Account(string database, string accountId) => GrainKey.Join(database, accountId);

    /// <summary>Key of an e-mail; hashed, because an address is longer than a storage key may be.</summary>
    /// <param name="database">Public key of the database.</param>
    /// <param name="email">Lower-case e-mail.</param>
    public static string Email(string database, string email) => GrainKey.JoinHashed(database, email);
}
