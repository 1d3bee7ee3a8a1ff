using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Realtime.Documents;

namespace Realtime.Gateway.Http;

/// <summary>Turns document requests into calls of the repository's grain, and their results into answers (protocol 3.2).</summary>
internal sealed class DocumentRequests(int maxBodyBytes)
{
    private const int DefaultPageSize = 25;
    private const int MaxPageSize = 100;
    private const int MaxPage = 10_000_000;
    private const int MaxIds = 1000;

    public async Task<IResult> CreateAsync(HttpRequest request, CallerIdentity caller, IRepositoryGrain repository)
    {
        var body = await RequestBody.ReadAsync(request, maxBodyBytes);
        return body.Error is { } error ? Replies.Error(error)
            : request.Query.ContainsKey("bulk")
                ? Replies.From(await repository.CreateManyAsync(caller, Identifiers.NewId(), body.Value), static _ => Replies.Value(true, StatusCodes.Status201Created))
                : Replies.From(
                    await repository.CreateAsync(caller, Identifiers.NewId(), body.Value),
                    static document => Replies.Json(document, StatusCodes.Status201Created));
    }

    public static async Task<IResult> ListAsync(HttpRequest request, CallerIdentity? caller, IRepositoryGrain repository) =>
        await PageAsync(request, caller, repository, []);

    public async Task<IResult> QueryAsync(HttpRequest request, CallerIdentity? caller, IRepositoryGrain repository)
    {
        var clauses = await ReadClausesAsync(request);
        return clauses.Error is { } error ? Replies.Error(error) : await PageAsync(request, caller, repository, clauses.Value!);
    }

    public async Task<IResult> CountAsync(HttpRequest request, CallerIdentity? caller, IRepositoryGrain repository)
    {
        var clauses = await ReadClausesAsync(request);
        return clauses.Error is { } error
            ? Replies.Error(error)
            : Replies.From(await repository.CountAsync(caller, clauses.Value!), static count => Replies.Value(new { count }));
    }

    public static async Task<IResult> GetAsync(CallerIdentity? caller, IRepositoryGrain repository, string id) =>
        Replies.From(await repository.GetAsync(caller, id), static document => Replies.Json(document));

    public async Task<IResult> GetManyAsync(HttpRequest request, CallerIdentity? caller, IRepositoryGrain repository)
    {
        var ids = await RequestBody.ReadJsonAsync<string[]>(request, maxBodyBytes);
        return ids.Error is { } error ? Replies.Error(error)
            : ids.Value!.Length == 0 ? Replies.Text(StatusCodes.Status400BadRequest, "ids list can not be empty")
            : ids.Value.Length > MaxIds || ids.Value.Contains(null) ? Replies.Error(RealtimeError.InvalidBody)
            : Replies.From(await repository.GetManyAsync(caller, ids.Value), static documents => Replies.Json(documents));
    }

    public async Task<IResult> UpdateAsync(HttpRequest request, CallerIdentity caller, IRepositoryGrain repository, string id)
    {
        var body = await RequestBody.ReadAsync(request, maxBodyBytes);
        return body.Error is { } error
            ? Replies.Error(error)
            : Replies.From(await repository.UpdateAsync(caller, id, body.Value), static document => Replies.Json(document));
    }

    public async Task<IResult> UpdateManyAsync(HttpRequest request, CallerIdentity caller, IRepositoryGrain repository)
    {
        var body = await RequestBody.ReadJsonAsync<BulkUpdate>(request, maxBodyBytes);
        if (body.Error is { } error)
        {
            return Replies.Error(error);
        }

        if (body.Value!.Update.ValueKind != JsonValueKind.Object)
        {
            return Replies.Error(RealtimeError.InvalidBody);
        }

        var clauses = body.Value.Clauses.ValueKind is JsonValueKind.Undefined or JsonValueKind.Null
            ? Array.Empty<QueryClause>()
            : QueryParser.ReadClauses(body.Value.Clauses);
        return clauses.Error is { } invalid
            ? Replies.Error(invalid)
            : Count(await repository.UpdateManyAsync(
                caller, Encoding.UTF8.GetBytes(body.Value.Update.GetRawText()), clauses.Value!));
    }

    public static async Task<IResult> DeleteAsync(CallerIdentity caller, IRepositoryGrain repository, string id) =>
        Count(await repository.DeleteAsync(caller, id));

    public static async Task<IResult> DeleteManyAsync(HttpRequest request, CallerIdentity caller, IRepositoryGrain repository)
    {
        if ((string?)request.Query["x"] is not { Length: > 0 } encoded)
        {
            return Replies.Text(StatusCodes.Status400BadRequest, "no filters supplied via the &x= query parameter");
        }

        var clauses = EncodedFilters.TryDecode(encoded, out var json) ? QueryParser.Parse(json) : RealtimeError.BadRequest("invalid filters");
        return clauses.Error is { } error ? Replies.Error(error) : Count(await repository.DeleteManyAsync(caller, clauses.Value!));
    }

    public async Task<IResult> IncrementAsync(HttpRequest request, CallerIdentity caller, IRepositoryGrain repository, string id)
    {
        var body = await RequestBody.ReadJsonAsync<Increment>(request, maxBodyBytes);
        if (body.Error is { } error)
        {
            return Replies.Error(error);
        }

        if (string.IsNullOrEmpty(body.Value!.Field) || body.Value.Range.ValueKind != JsonValueKind.Number)
        {
            return Replies.Error(RealtimeError.InvalidBody);
        }

        var amount = Encoding.UTF8.GetBytes(body.Value.Range.GetRawText());
        return await repository.IncrementAsync(caller, id, body.Value.Field, amount) is { } refused
            ? Replies.Error(refused)
            : Replies.True;
    }

    private static IResult Count(Result<long> result) => Replies.From(result, static count => Replies.Value(count));

    private async ValueTask<Result<QueryClause[]>> ReadClausesAsync(HttpRequest request)
    {
        var body = await RequestBody.ReadAsync(request, maxBodyBytes);
        return body.Error is { } error ? error : QueryParser.Parse(body.Value);
    }

    private static async Task<IResult> PageAsync(
        HttpRequest request, CallerIdentity? caller, IRepositoryGrain repository, QueryClause[] clauses)
    {
        var page = Number(request.Query["page"], 1, MaxPage, 1);
        var size = Number(request.Query["size"], 1, MaxPageSize, DefaultPageSize);
        var sort = (string?)request.Query["sort"];
        var query = new DocumentQuery(
            clauses, page, size, (string?)request.Query["desc"] == "true", string.IsNullOrEmpty(sort) ? null : sort);
        return Replies.From(await repository.QueryAsync(caller, query), found => Replies.Json(WritePage(page, size, found)));
    }

    private static ReadOnlyMemory<byte> WritePage(int page, int size, DocumentPage found)
    {
        var head = Encoding.ASCII.GetBytes(string.Create(
            CultureInfo.InvariantCulture, $"{{\"page\":{page},\"size\":{size},\"total\":{found.Total},\"results\":"));
        var body = new ArrayBufferWriter<byte>(head.Length + found.Results.Length + 1);
        body.Write(head);
        body.Write(found.Results.Span);
        body.Write("}"u8);
        return body.WrittenMemory;
    }

    private static int Number(string? text, int least, int most, int otherwise) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number >= least
            ? Math.Min(number, most)
            : otherwise;

    private sealed record BulkUpdate(JsonElement Update, JsonElement Clauses);

    private sealed record Increment(string? Field, JsonElement Range);
}
