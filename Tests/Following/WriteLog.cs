using System.Collections.Concurrent;
using Realtime.Tests.Infrastructure;

namespace Realtime.Tests.Following;

/// <summary>What the writers of a run have done, and the documents that there are for them to change.</summary>
/// <param name="repository">The repository; its name says who may read what.</param>
internal sealed class WriteLog(string repository)
{
    private readonly ConcurrentQueue<AnsweredWrite> _answered = new();
    private readonly Dictionary<string, List<string>> _documents = [];
    private readonly Dictionary<string, int> _counts = [];
    private readonly List<(string Audience, int Count, TaskCompletionSource Reached)> _waiting = [];

    /// <summary>All writes that were answered.</summary>
    public IReadOnlyCollection<AnsweredWrite> Answered => _answered;

    /// <summary>Name of the audience of a user's documents.</summary>
    public string AudienceOf(TestUser user) =>
        repository.EndsWith("_777_", StringComparison.Ordinal) ? "everyone"
        : repository.EndsWith("_700_", StringComparison.Ordinal) ? user.Id
        : user.AccountId;

    public void Add(AnsweredWrite write)
    {
        _answered.Enqueue(write);
        lock (_documents)
        {
            if (write.Event is { Type: FollowedEvent.Created })
            {
                Of(write.Audience).Add(write.DocumentId);
            }

            var count = _counts[write.Audience] = _counts.GetValueOrDefault(write.Audience) + 1;
            foreach (var (_, _, reached) in _waiting.Where(waiting => waiting.Audience == write.Audience && waiting.Count == count))
            {
                reached.SetResult();
            }
        }
    }

    /// <summary>Waits until so many writes of an audience were answered, as long as that takes.</summary>
    public Task ReachAsync(string audience, int count)
    {
        lock (_documents)
        {
            if (_counts.GetValueOrDefault(audience) >= count)
            {
                return Task.CompletedTask;
            }

            var reached = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            _waiting.Add((audience, count, reached));
            return reached.Task;
        }
    }

    /// <summary>Some document of an audience; null if there is none.</summary>
    /// <param name="audience">The audience.</param>
    /// <param name="random">Chooses.</param>
    /// <param name="isLast">Whether nobody shall choose it any more.</param>
    public string? Choose(string audience, Random random, bool isLast)
    {
        lock (_documents)
        {
            var documents = Of(audience);
            if (documents.Count == 0)
            {
                return null;
            }

            var index = random.Next(documents.Count);
            var chosen = documents[index];
            if (isLast)
            {
                documents.RemoveAt(index);
            }

            return chosen;
        }
    }

    private List<string> Of(string audience)
    {
        if (!_documents.TryGetValue(audience, out var documents))
        {
            _documents.Add(audience, documents = []);
        }

        return documents;
    }
}
