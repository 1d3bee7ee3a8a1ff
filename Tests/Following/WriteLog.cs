using System.Collections.Concurrent;
using Realtime.Tests.Infrastructure;

namespace Realtime.Tests.Following;

/// <summary>What the writers of a run have done, and the documents that there are for them to change.</summary>
/// <param name="repository">The repository; its name says who may read what.</param>
internal sealed class WriteLog(string repository)
{
    private readonly ConcurrentQueue<AnsweredWrite> _answered = new();
    private readonly Dictionary<string, List<string>> _documents = [];

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
        if (write.Event is { Type: FollowedEvent.Created })
        {
            lock (_documents)
            {
                Of(write.Audience).Add(write.DocumentId);
            }
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
