using System.Collections.Concurrent;
using System.Reflection;
using Realtime.Documents;

namespace Realtime.Tests.Documents;

/// <summary>A document store whose commits succeed, but whose answers can be lost.</summary>
public class ForgetfulStore : DispatchProxy
{
    private readonly ConcurrentDictionary<string, bool> _forgotten = new();
    private IDocumentStore _store = null!;

    /// <summary>Puts one before a store.</summary>
    public static IDocumentStore Before(IDocumentStore store)
    {
        var proxy = Create<IDocumentStore, ForgetfulStore>();
        ((ForgetfulStore)(object)proxy)._store = store;
        return proxy;
    }

    /// <summary>Loses the answer to the next commit of a database.</summary>
    public static void LoseNextAnswer(IDocumentStore store, string database) =>
        ((ForgetfulStore)store)._forgotten[database] = true;

    /// <inheritdoc/>
    protected override object? Invoke(MethodInfo? targetMethod, object?[]? args)
    {
        var answer = targetMethod!.Invoke(_store, args);
        return answer is Task<IReadOnlyList<DocumentWriteResult>> commit && _forgotten.TryRemove((string)args![0]!, out _)
            ? LoseAsync(commit)
            : answer;
    }

    private static async Task<IReadOnlyList<DocumentWriteResult>> LoseAsync(Task commit)
    {
        await commit;
        throw new TimeoutException("The answer to the commit was lost.");
    }
}
