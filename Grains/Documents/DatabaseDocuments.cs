using Realtime.Tenants;

namespace Realtime.Documents;

/// <inheritdoc cref="IDatabaseDocuments"/>
internal sealed class DatabaseDocuments(IDocumentStore store, IGrainFactory grains) : IDatabaseDocuments
{
    public async ValueTask DeleteAllAsync(string database) => await store.DeleteDatabaseAsync(database, CancellationToken.None);

    public async ValueTask DeleteOwnedAsync(string database, string ownerId)
    {
        foreach (var repository in await store.GetRepositoriesAsync(database, CancellationToken.None))
        {
            var grain = grains.GetGrain<IRepositoryGrain>(RepositoryKey.Create(database, repository));
            var deleted = await grain.DeleteOwnedAsync(ownerId);
            if (deleted.Error is { } error)
            {
                // Asked again it continues: what was deleted isn't found any more.
                throw new TemporarilyUnavailableException(error.Message);
            }
        }
    }
}
