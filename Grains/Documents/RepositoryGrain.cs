using System.Collections.Immutable;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Realtime.Gateways;
using Realtime.Telemetry;

namespace Realtime.Documents;

/// <summary>Decides about the documents of one repository, orders their changes and announces them (protocol 2 and 3).</summary>
/// <remarks>
/// Every call may interleave: reads go to the store at once, writes meet in <see cref="WriteGroup"/>, which is the only
/// place that orders them.
/// </remarks>
[CollectionAgeLimit(Minutes = 2)]
internal sealed partial class RepositoryGrain : Grain, IRepositoryGrain
{
    private const int HistoryPageBytes = 1024 * 1024;

    private static readonly RealtimeError TooManyDocuments =
        RealtimeError.BadRequest($"a bulk create takes {DocumentLimits.MaxBulkCreate} documents at most");

    private readonly IDocumentStore _store;
    private readonly GrainMetrics _metrics;
    private readonly TimeProvider _time;
    private readonly ILogger<RepositoryGrain> _logger;
    private readonly RepositoryAnnouncer _announcer;
    private readonly WriteGroup _writes;
    private readonly BulkWrites _bulkWrites;
    private readonly string _key;
    private readonly string _database;
    private readonly string _repository;
    private readonly RepositoryPermissions _permissions;
    private readonly RepositoryUpkeep _upkeep;

    /// <summary>Made by Orleans.</summary>
    public RepositoryGrain(
        IGrainContext context,
        IDocumentStore store,
        IInboxPublisher publisher,
        IGatewayRoster roster,
        GrainMetrics metrics,
        TimeProvider time,
        IOptions<DocumentOptions> options,
        ILogger<RepositoryGrain> logger)
    {
        (_store, _metrics, _time, _logger) = (store, metrics, time, logger);
        _key = context.GrainId.Key.ToString()!;
        (_database, _repository) = RepositoryKey.Parse(_key);
        _permissions = RepositoryPermissions.Parse(_repository);
        _announcer = new RepositoryAnnouncer(_key, publisher, roster, time, options.Value, logger);
        _writes = new WriteGroup(CommitAsync, results => _announcer.Announce(results.SelectMany(result => result.Changes)), options.Value);
        _bulkWrites = new BulkWrites(
            (target, previous) => _store.SelectAsync(_database, _repository, target, previous, CancellationToken.None),
            _writes,
            new BulkPace(options.Value.BulkBytesPerSecond, time));
        _upkeep = new RepositoryUpkeep(
            this,
            DelayDeactivation,
            _announcer,
            _writes,
            cancellationToken => _store.GetPositionAsync(_database, _repository, cancellationToken),
            options.Value.MemberCheckPeriod);
    }

    /// <inheritdoc/>
    public override async Task OnActivateAsync(CancellationToken cancellationToken)
    {
        var position = await _store.GetPositionAsync(_database, _repository, cancellationToken);

        // Without the position a member couldn't be told from where on it hears everything.
        _announcer.StartAt(position.Error is null ? position.Value : throw new TemporarilyUnavailableException(position.Error.Message));
    }

    /// <inheritdoc/>
    public override async Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        try
        {
            await _writes.StopAsync().WaitAsync(cancellationToken);
        }
        finally
        {
            _announcer.Stop();
        }
    }

    /// <inheritdoc/>
    public async ValueTask<Result<ReadOnlyMemory<byte>>> GetAsync(CallerIdentity? caller, string id) =>
        ReadScope(caller, out var scope) ?? await _store.GetAsync(_database, _repository, scope, id, default);

    /// <inheritdoc/>
    public async ValueTask<Result<ReadOnlyMemory<byte>>> GetManyAsync(CallerIdentity? caller, string[] ids) =>
        ReadScope(caller, out var scope)
        ?? (ids.Length > DocumentLimits.MaxIds
            ? RealtimeError.BadRequest($"ids list can not have more than {DocumentLimits.MaxIds} elements")
            : await _store.GetManyAsync(_database, _repository, scope, ids, default));

    /// <inheritdoc/>
    public async ValueTask<Result<DocumentPage>> QueryAsync(CallerIdentity? caller, DocumentQuery query) =>
        ReadScope(caller, out var scope) ?? await _store.QueryAsync(_database, _repository, scope, query, default);

    /// <inheritdoc/>
    public async ValueTask<Result<long>> CountAsync(CallerIdentity? caller, QueryClause[] clauses) =>
        ReadScope(caller, out var scope) ?? await _store.CountAsync(_database, _repository, scope, clauses, default);

    /// <inheritdoc/>
    public async ValueTask<Result<ReadOnlyMemory<byte>>> CreateAsync(CallerIdentity caller, string id, ReadOnlyMemory<byte> document)
    {
        if (Refuse(caller) is { } refusal)
        {
            return refusal;
        }

        var prepared = Prepare(caller, id, document);
        return prepared.Error
            ?? One(await _writes.AddAsync(new CreateDocuments(caller.AccountId, caller.UserId, [prepared.Value])));
    }

    /// <inheritdoc/>
    public async ValueTask<Result<long>> CreateManyAsync(CallerIdentity caller, string id, ReadOnlyMemory<byte> documents)
    {
        if (Refuse(caller) is { } refusal)
        {
            return refusal;
        }

        if (JsonArrays.TrySplit(documents) is not { } elements)
        {
            return RealtimeError.InvalidBody;
        }

        if (elements.Count > DocumentLimits.MaxBulkCreate)
        {
            return TooManyDocuments;
        }

        var prepared = elements.Select((element, number) => Prepare(caller, Identifiers.Number(id, number), element)).ToList();
        return prepared.Find(document => document.Error is not null).Error
            ?? Number(await _writes.AddAsync(new CreateDocuments(
                caller.AccountId, caller.UserId, [.. prepared.Select(document => document.Value)])));
    }

    /// <inheritdoc/>
    public async ValueTask<Result<ReadOnlyMemory<byte>>> UpdateAsync(
        CallerIdentity caller, string id, ReadOnlyMemory<byte> patch) =>
        Refuse(caller) ?? RefusePatch(patch) ?? One(await _writes.AddAsync(new UpdateDocument(id, AccessOf(caller), patch)));

    /// <inheritdoc/>
    public async ValueTask<Result<long>> UpdateManyAsync(
        CallerIdentity caller, ReadOnlyMemory<byte> patch, QueryClause[] clauses) =>
        Refuse(caller)
        ?? RefusePatch(patch)
        ?? await ChangeAllAsync(TargetOf(caller, clauses), (target, chunk) => new UpdateSelected(target, chunk, patch));

    /// <inheritdoc/>
    public async ValueTask<Result<long>> DeleteAsync(CallerIdentity caller, string id) =>
        Refuse(caller) ?? Number(await _writes.AddAsync(new DeleteDocument(id, AccessOf(caller))));

    /// <inheritdoc/>
    public async ValueTask<Result<long>> DeleteManyAsync(CallerIdentity caller, QueryClause[] clauses) =>
        Refuse(caller) ?? await DeleteAllAsync(TargetOf(caller, clauses));

    /// <inheritdoc/>
    public async ValueTask<Result<long>> DeleteOwnedAsync(string ownerId) =>
        await DeleteAllAsync(new BulkTarget(new DocumentAccess(DocumentScope.OfOwner(ownerId), DocumentScope.All), []));

    /// <inheritdoc/>
    public async ValueTask<RealtimeError?> IncrementAsync(
        CallerIdentity caller, string id, string field, ReadOnlyMemory<byte> amount) =>
        Refuse(caller)
        ?? (JsonNumber.IsNumber(amount.Span)
            ? (await _writes.AddAsync(new IncrementField(id, AccessOf(caller), field, amount))).Error
            : JsonNumber.NotANumber);

    /// <inheritdoc/>
    public async ValueTask<RealtimeError?> CreateIndexAsync(string field) =>
        RepositoryName.Check(_repository) ?? await _store.CreateIndexAsync(_database, _repository, field, default);

    /// <inheritdoc/>
    public ValueTask<RepositoryMembershipReply> SetMembersAsync(RepositoryMembership membership)
    {
        // Announcing follows a commit without a gap in between, so that what was announced is what was committed.
        var reply = _announcer.State(membership);
        _upkeep.KeepWhileNeeded();
        if (membership.IsWhole)
        {
            // A gateway that begins anew may do so because a silo was lost, which may have been committing.
            _upkeep.LookSoon();
        }

        return ValueTask.FromResult(reply);
    }

    /// <inheritdoc/>
    public async ValueTask<Result<RepositoryHistory>> ReadChangesAsync(long after, ImmutableArray<Audience> audiences)
    {
        var read = await _store.ReadChangesAsync(_database, _repository, after, HistoryPageBytes, default);
        if (read.Error is { } error)
        {
            return error;
        }

        var history = read.Value!;
        var isRoot = audiences.Contains(Audience.Root);
        var changes = history.Changes.Select(_announcer.ToChange).Where(change => isRoot || audiences.Contains(change.Audience));
        return new RepositoryHistory(history.IsContinuous, [.. changes], history.UpTo, history.UpTo == history.Position);
    }

    /// <inheritdoc/>
    public ValueTask<int> CountMembersAsync() => ValueTask.FromResult(_announcer.Count());

    private static Result<ReadOnlyMemory<byte>> One(DocumentWriteResult result) =>
        result.Error is { } error ? error
        : result.Repeated.Documents > 0 ? result.Repeated.First
        : result.Changes[0].Json;

    private static Result<long> Number(DocumentWriteResult result) =>
        result.Error is { } error ? error : result.Changes.Length + result.Repeated.Documents;

    private static RealtimeError? RefusePatch(ReadOnlyMemory<byte> patch) =>
        patch.Length > DocumentLimits.MaxDocumentBytes ? JsonFields.TooLarge
        : JsonFields.TryParse(patch) is null ? RealtimeError.InvalidBody
        : null;

    private static Result<NewDocument> Prepare(CallerIdentity caller, string id, ReadOnlyMemory<byte> document)
    {
        if (JsonFields.TryParse(document) is not { } fields)
        {
            return RealtimeError.InvalidBody;
        }

        var json = fields.Write(caller.AccountId, id);
        return json.Error is { } tooLarge ? tooLarge : new NewDocument(id, json.Value);
    }

    private RealtimeError? Refuse(CallerIdentity? caller) =>
        RepositoryName.Check(_repository) ?? (caller?.Database == _database ? null : RealtimeError.InvalidToken);

    private RealtimeError? ReadScope(CallerIdentity? caller, out DocumentScope scope)
    {
        var allowed = _permissions.ReadScope(caller);
        scope = allowed ?? default;
        return RepositoryName.Check(_repository)
            ?? (allowed is null || (caller is not null && caller.Database != _database) ? RealtimeError.InvalidToken : null);
    }

    private DocumentAccess AccessOf(CallerIdentity caller) =>
        new(_permissions.ReadScope(caller)!.Value, _permissions.WriteScope(caller));

    private BulkTarget TargetOf(CallerIdentity caller, QueryClause[] clauses) => new(AccessOf(caller), clauses);

    private Task<Result<long>> DeleteAllAsync(BulkTarget all) =>
        ChangeAllAsync(all, (target, chunk) => new DeleteSelected(target, chunk));

    private Task<Result<long>> ChangeAllAsync(
        BulkTarget target, Func<BulkTarget, DocumentSelection, DocumentWrite> write) =>
        _bulkWrites.RunAsync(target, chunk => write(target, chunk), () => _announcer.HasMembers);

    private async Task<IReadOnlyList<DocumentWriteResult>> CommitAsync(IReadOnlyList<DocumentWrite> batch)
    {
        try
        {
            // A transaction that has begun must be heard to its end, whoever stopped waiting.
            var started = _time.GetTimestamp();
            var results = await _store.CommitAsync(_database, _repository, batch, CancellationToken.None);
            _metrics.Committed(results, _time.GetElapsedTime(started));
            if (results.Any(static result => result.Repeated.Documents > 0))
            {
                // Whoever wrote it before may not have heard of it, and not have told anybody.
                _upkeep.LookSoon();
            }

            return results;
        }
        catch (Exception error)
        {
            LogCommitFailed(error, _key, batch.Count);
            _metrics.CommitFailed(batch.Count);

            // It may be durable all the same: then its events must not wait for the next write.
            _upkeep.LookSoon();
            return [.. batch.Select(_ => DocumentWriteResult.Refused(RealtimeError.TemporarilyUnavailable))];
        }
    }

    [LoggerMessage(LogLevel.Error, "Repository {Repository}: {Writes} writes failed and were answered with 503")]
    private partial void LogCommitFailed(Exception error, string repository, int writes);
}
