using System.Net;
using System.Text.Json;
using Realtime.Tests.Chaos.Backend;
using Realtime.Tests.Chaos.Faults;
using Realtime.Tests.Chaos.History;

namespace Realtime.Tests.Chaos.Clients;

/// <summary>A user who creates, changes and deletes documents, one request after the other, each marked with an operation of its own.</summary>
internal sealed class DocumentWriter(
    string name, ChaosDatabase database, ChaosUser user, ChaosUser colleague, int seed, Ingress ingress, FaultLog faults, FleetMood mood, Timeline timeline)
{
    /// <summary>The field that holds the latest operation.</summary>
    public const string OperationField = "op";

    private const int MaxKept = 20;
    private const int BulkSize = 3;

    private readonly Random _random = new(seed);
    private readonly List<WrittenDocument> _documents = [];
    private int _operations;

    private TimeSpan Now => timeline.Clock.Now;

    /// <summary>The id of a document's deletion, whose event carries nothing but the document's id.</summary>
    public static string DeletionOf(string documentId) => $"deletion of {documentId}";

    /// <summary>Writes until the run is over.</summary>
    public async Task RunAsync(CancellationToken stopped)
    {
        while (!stopped.IsCancellationRequested)
        {
            await Task.WhenAny(Task.Delay(TimeSpan.FromSeconds(0.2 + (0.8 * _random.NextDouble())), stopped));
            if (mood.IsQuiet || stopped.IsCancellationRequested)
            {
                continue;
            }

            var document = _documents.Count == 0 ? null : _documents[_random.Next(_documents.Count)];
            await (_random.Next(10) switch
            {
                < 3 when document is not null => UpdateAsync(document, user),
                3 when document is not null => UpdateAsync(document, colleague),
                4 when document is not null => DeleteAsync(document),
                5 => CreateManyAsync(),
                _ when _documents.Count >= MaxKept => DeleteAsync(_documents[0]),
                _ => CreateAsync(),
            });
        }
    }

    /// <summary>Reads its documents, which must all be there with their latest acknowledged change.</summary>
    public async Task VerifyAsync()
    {
        foreach (var document in _documents)
        {
            var (status, body) = await SendAsync(HttpMethod.Get, $"/db/{document.Repository}/{document.Id}", user, null);
            var operation = status == 200 ? body!.Value.GetProperty(OperationField).GetString() : null;
            if (status is 200 or 404 && operation != document.LatestOperation && !document.UnknownOperations.Contains(operation ?? ""))
            {
                timeline.Report(new Violation(
                    Promise.NothingLost, $"{database.Name}/db-{document.Repository}",
                    $"{name}: document {document.Id} should hold '{document.LatestOperation}', and holds '{operation ?? "nothing"}'"));
            }
        }
    }

    private async Task CreateAsync()
    {
        var repository = Pick();
        var write = Begin(repository, NextOperation(), user.Person);
        var (status, body) = await SendAsync(
            HttpMethod.Post, $"/db/{repository}", user, new Dictionary<string, string> { [OperationField] = write.Id });
        if (Finish(repository, status, write) && body?.GetProperty("id").GetString() is { } id)
        {
            _documents.Add(new WrittenDocument(repository, id, write.Id));
        }
    }

    private async Task CreateManyAsync()
    {
        var repository = Pick();
        var bulk = $"{name} bulk {++_operations}";
        var writes = Enumerable.Range(1, BulkSize)
            .Select(number => Begin(repository, NextOperation(), user.Person, bulk, number)).ToArray();
        var (status, _) = await SendAsync(
            HttpMethod.Post, $"/db/{repository}?bulk=1", user, writes.Select(write => new Dictionary<string, string> { [OperationField] = write.Id }));
        Finish(repository, status, writes);
    }

    private async Task UpdateAsync(WrittenDocument document, ChaosUser writer)
    {
        var write = Begin(document.Repository, NextOperation(), user.Person);
        var (status, _) = await SendAsync(
            HttpMethod.Put, $"/db/{document.Repository}/{document.Id}", writer, new Dictionary<string, string> { [OperationField] = write.Id });
        var mayWrite = writer == user || Repositories.IsWrittenByTheAccount(document.Repository);
        if (status is >= 200 and < 300 != mayWrite && status is > 0 and < 500)
        {
            timeline.Report(new Violation(
                mayWrite ? Promise.NothingLost : Promise.Permissions, $"{database.Name}/db-{document.Repository}",
                $"'{write.Id}' on {document.Id} was answered by {status}"));
        }

        if (Finish(document.Repository, status, write))
        {
            document.LatestOperation = write.Id;
        }
        else if (status is 0 or >= 500)
        {
            document.UnknownOperations.Add(write.Id);
        }
    }

    private async Task DeleteAsync(WrittenDocument document)
    {
        _documents.Remove(document);
        var write = Begin(document.Repository, DeletionOf(document.Id), user.Person);
        var (status, body) = await SendAsync(HttpMethod.Delete, $"/db/{document.Repository}/{document.Id}", user, null);
        Finish(document.Repository, status, write);
        if (status == 200 && body?.GetInt32() != 1)
        {
            timeline.Report(new Violation(
                Promise.NothingLost, $"{database.Name}/db-{document.Repository}", $"{name} deleted {document.Id}, and {body} documents were deleted"));
        }
    }

    private Publication Begin(string repository, string id, Person owner, string? bulk = null, int number = 0) =>
        database.History("db-" + repository).Send(new Publication(id, Now)
        {
            Audience = Repositories.AudienceOf(repository, owner),
            OrderedSender = bulk,
            Number = number,
        });

    private bool Finish(string repository, int status, params Publication[] writes)
    {
        var isDone = status is >= 200 and < 300;
        foreach (var write in writes)
        {
            if (isDone)
            {
                database.History("db-" + repository).Acknowledge(write, Now);
            }
            else if (status is >= 400 and < 500)
            {
                database.History("db-" + repository).Refuse(write);
            }
        }

        return isDone;
    }

    /// <summary>Sends a request; status 0 if nobody knows what became of it.</summary>
    private async Task<(int Status, JsonElement? Body)> SendAsync(HttpMethod method, string path, ChaosUser sender, object? body)
    {
        var gateway = ingress.Pick(_random.Next(2));
        var sentAt = Now;
        using var request = new HttpRequestMessage(method, path);
        request.Headers.Add("SB-PUBLIC-KEY", database.PublicKey);
        request.Headers.Authorization = new("Bearer", sender.Token);
        request.Content = body is null ? null : JsonContent.Create(body);
        using var timeout = new CancellationTokenSource(Patience.Reply);
        try
        {
            using var response = await gateway.Http.SendAsync(request, timeout.Token);
            var text = await response.Content.ReadAsStringAsync(timeout.Token);
            var status = (int)response.StatusCode;
            if (status is >= 400 and not (403 or 404))
            {
                timeline.Add($"{name}: {method} {path} on {gateway.Name} was answered by {status} {text}");
            }

            if (response.StatusCode is HttpStatusCode.InternalServerError or HttpStatusCode.Unauthorized)
            {
                Report($"{method} {path} was answered by {status} '{text}'", gateway, sentAt);
            }

            return (status, response.IsSuccessStatusCode ? JsonDocument.Parse(text).RootElement : null);
        }
        catch (Exception exception) when (SseWire.IsOutage(exception))
        {
            if (timeout.IsCancellationRequested && !faults.HasHit(gateway.Name, sentAt))
            {
                Report($"{method} {path} was not answered within {Patience.Reply.TotalSeconds} s", gateway, sentAt);
            }

            return (0, null);
        }
    }

    private void Report(string text, GatewayEndpoint gateway, TimeSpan sentAt) => timeline.Report(new Violation(
        Promise.Answered, database.Name, $"{name}: {text} by {gateway.Name}, sent at {sentAt.TotalSeconds:F3} s"));

    private string NextOperation() => $"{name} op {++_operations}";

    private string Pick() => Repositories.All[_random.Next(Repositories.All.Length)];

    /// <summary>A document that this writer owns and has not deleted.</summary>
    private sealed class WrittenDocument(string repository, string id, string operation)
    {
        public string Repository => repository;

        public string Id => id;

        /// <summary>The last acknowledged operation.</summary>
        public string LatestOperation { get; set; } = operation;

        /// <summary>Operations of which nobody knows whether, and when, they happened.</summary>
        public HashSet<string> UnknownOperations { get; } = [];
    }
}
