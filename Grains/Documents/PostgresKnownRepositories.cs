using Microsoft.Extensions.Caching.Memory;

namespace Realtime.Documents;

/// <summary>
/// Repositories as this process's last commits left them: who adds documents to one needs no round trip to ask for it first.
/// Others may have changed it since, so a transaction that relies on this must make sure (see
/// <see cref="PostgresCommands.MoveKnown"/>).
/// </summary>
internal sealed class PostgresKnownRepositories(TimeProvider time) : IDisposable
{
    private const int MaxRepositories = 10_000;

    // So that the database's time, which is told from what it was when the repository was read, doesn't run away.
    private static readonly TimeSpan Lifetime = TimeSpan.FromSeconds(10);

    private readonly MemoryCache _cache = new(new MemoryCacheOptions { SizeLimit = MaxRepositories });

    /// <summary>Takes a repository out, so that it is forgotten unless the transaction succeeds.</summary>
    /// <param name="database">Public key.</param>
    /// <param name="repository">Full name of the repository.</param>
    /// <returns>Null if nothing is known of it.</returns>
    public KnownRepository? Take(string database, string repository)
    {
        if (!_cache.TryGetValue<KnownRepository>((database, repository), out var known))
        {
            return null;
        }

        _cache.Remove((database, repository));
        return time.GetElapsedTime(known!.ReadAt) < Lifetime ? known : null;
    }

    /// <summary>Keeps a repository as a transaction has left it.</summary>
    /// <param name="database">Public key.</param>
    /// <param name="repository">Full name of the repository.</param>
    /// <param name="known">The repository.</param>
    public void Keep(string database, string repository, KnownRepository known) => _cache.Set(
        (database, repository), known, new MemoryCacheEntryOptions { SlidingExpiration = Lifetime, Size = 1 });

    /// <inheritdoc/>
    public void Dispose() => _cache.Dispose();
}

/// <summary>A repository as a transaction of this process has left it.</summary>
/// <param name="Repository">The repository; its time is that of its reading.</param>
/// <param name="ReadAt">When it was read, as a timestamp of this process's clock.</param>
internal sealed record KnownRepository(PostgresRepository Repository, long ReadAt)
{
    /// <summary>The repository, with what is now the database's time.</summary>
    /// <param name="time">This process's clock.</param>
    public PostgresRepository At(TimeProvider time) =>
        Repository with { Now = Math.Max(Repository.Outbox.WrittenAt, Repository.Now + (long)time.GetElapsedTime(ReadAt).TotalMilliseconds) };
}
