namespace Realtime.Tenants;

/// <summary>Deletes what a database has stored, when the database itself is deleted. The document store implements it.</summary>
/// <remarks>Documents of one user are deleted as by that user, so that their readers get the events.</remarks>
internal interface IDatabaseDocuments
{
    /// <summary>Deletes all documents and repositories of a database. Asked again, it continues where it was interrupted.</summary>
    /// <param name="database">Public key.</param>
    ValueTask DeleteAllAsync(string database);

    /// <summary>Deletes all documents that a user owns, in every repository of a database.</summary>
    /// <param name="database">Public key.</param>
    /// <param name="ownerId">The owner.</param>
    ValueTask DeleteOwnedAsync(string database, string ownerId);
}
