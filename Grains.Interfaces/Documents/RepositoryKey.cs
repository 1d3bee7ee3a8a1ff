namespace Realtime.Documents;

/// <summary>Grain key of a repository: <c>{database}:{name}</c>, each part encoded.</summary>
public static class RepositoryKey
{
    /// <summary>The key of a database's repository.</summary>
    /// <param name="database">Public key.</param>
    /// <param name="repository">Full name of the repository.</param>
    public static string Create(string database, string repository) => GrainKey.Join(database, repository);

    /// <summary>Reads a key back.</summary>
    /// <param name="key">A key made by <see cref="Create"/>.</param>
    public static (string Database, string Repository) Parse(string key) => GrainKey.Split(key);
}
