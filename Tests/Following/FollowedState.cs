using System.Text.Json;

namespace Realtime.Tests.Following;

/// <summary>The documents that a client knows: what it has read, changed by the events it gets.</summary>
internal static class FollowedState
{
    /// <summary>Applies events, in order, to what was read before or meanwhile.</summary>
    public static Dictionary<string, string> Apply(IReadOnlyDictionary<string, string> read, IEnumerable<FollowedEvent> events)
    {
        var documents = new Dictionary<string, string>(read);
        foreach (var followed in events)
        {
            if (followed.Type == FollowedEvent.Deleted)
            {
                documents.Remove(IdOf(followed));
            }
            else
            {
                documents[IdOf(followed)] = followed.Data;
            }
        }

        return documents;
    }

    /// <summary>Id of the document that an event is about.</summary>
    public static string IdOf(FollowedEvent followed)
    {
        using var json = JsonDocument.Parse(followed.Data);
        return json.RootElement.ValueKind == JsonValueKind.String
            ? json.RootElement.GetString()!
            : json.RootElement.GetProperty("id").GetString()!;
    }

    /// <summary>What increments have made of a document; 0 for one without.</summary>
    public static int VotesOf(FollowedEvent followed)
    {
        using var json = JsonDocument.Parse(followed.Data);
        return json.RootElement.ValueKind == JsonValueKind.Object && json.RootElement.TryGetProperty("votes", out var votes) ? votes.GetInt32() : 0;
    }
}
