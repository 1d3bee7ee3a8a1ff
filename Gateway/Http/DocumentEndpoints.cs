using Microsoft.Extensions.Options;
using Realtime.Documents;
using Realtime.Gateway.Auth;
using Realtime.Gateway.Connections;

namespace Realtime.Gateway.Http;

/// <summary>The document endpoints of the client, and the same for root tokens under <c>/sudo</c> (protocol 3.2).</summary>
internal static class DocumentEndpoints
{
    private delegate ValueTask<Result<CallerIdentity>> Authenticate(HttpRequest request);

    private delegate Task<IResult> Run(HttpRequest request, CallerIdentity caller, IRepositoryGrain repository);

    private delegate Task<IResult> RunPublic(HttpRequest request, CallerIdentity? caller, IRepositoryGrain repository);

    /// <summary>The name <c>count</c> is the path of counting, so nothing can be created under it (protocol 2.1).</summary>
    private static IResult NoSuchName { get; } = Replies.Error(RealtimeError.BadRequest("invalid repository name"));

    /// <summary>Maps the endpoints.</summary>
    public static void MapDocuments(this IEndpointRouteBuilder routes)
    {
        var services = routes.ServiceProvider;
        var authenticator = services.GetRequiredService<RequestAuthenticator>();
        var grains = services.GetRequiredService<IGrainFactory>();
        var requests = new DocumentRequests(services.GetRequiredService<IOptions<LimitOptions>>().Value.MaxBodyBytes);
        var users = new Mapper(routes, grains, authenticator, authenticator.AuthenticateAsync, hasPublicReads: true);
        users.Map(requests, "/db", "/query");
        MapIncrement(routes, users, requests);
        new Mapper(routes, grains, authenticator, authenticator.AuthenticateRootAsync, hasPublicReads: false)
            .Map(requests, "/sudo", "/sudoquery");
        MapIndex(routes, authenticator, grains);
    }

    private static void MapIncrement(IEndpointRouteBuilder routes, Mapper mapper, DocumentRequests requests) =>
        routes.MapPut("/inc/{repository}/{id}", mapper.Signed((request, caller, repository) =>
            requests.IncrementAsync(request, caller, repository, Id(request))));

    private static void MapIndex(IEndpointRouteBuilder routes, RequestAuthenticator authenticator, IGrainFactory grains) =>
        routes.MapPost("/sudo/index", async (HttpRequest request) =>
        {
            var caller = await authenticator.AuthenticateRootAsync(request);
            if (caller.Error is { } refused)
            {
                return Replies.Error(refused);
            }

            string? name = request.Query["col"];
            string? field = request.Query["field"];
            if (string.IsNullOrEmpty(field))
            {
                return Replies.Text(StatusCodes.Status400BadRequest, "no field was specified");
            }

            if (RepositoryName.Check(name ?? "") is { } invalid)
            {
                return Replies.Error(invalid);
            }

            var repository = grains.GetGrain<IRepositoryGrain>(RepositoryKey.Create(caller.Value!.Database, name!));
            return await repository.CreateIndexAsync(field) is { } error ? Replies.Error(error) : Replies.True;
        });

    private static string Id(HttpRequest request) => (string)request.RouteValues["id"]!;

    private sealed class Mapper(
        IEndpointRouteBuilder routes,
        IGrainFactory grains,
        RequestAuthenticator authenticator,
        Authenticate authenticate,
        bool hasPublicReads)
    {
        private readonly GrainReferences<IRepositoryGrain> _repositories = new(grains);

        public void Map(DocumentRequests requests, string path, string queryPath)
        {
            routes.MapPost(path + "/count/{repository}", Public(requests.CountAsync));
            routes.MapPost(queryPath + "/{repository}", Public(requests.QueryAsync));
            routes.MapGet(path + "/{repository}", Public(DocumentRequests.ListAsync));
            routes.MapGet(path + "/{repository}/{id}", Public(static (request, caller, repository) =>
                DocumentRequests.GetAsync(caller, repository, Id(request))));
            var create = Signed(requests.CreateAsync);
            var getMany = Public(requests.GetManyAsync);
            routes.MapPost(path + "/{repository}", (HttpRequest request) =>
                request.Query.ContainsKey("ids") ? getMany(request)
                : request.RouteValues["repository"] is "count" ? Task.FromResult(NoSuchName)
                : create(request));
            routes.MapPut(path + "/{repository}", Signed((request, caller, repository) =>
                requests.UpdateManyAsync(request, caller, repository)));
            routes.MapPut(path + "/{repository}/{id}", Signed((request, caller, repository) =>
                requests.UpdateAsync(request, caller, repository, Id(request))));
            routes.MapDelete(path + "/{repository}", Signed(DocumentRequests.DeleteManyAsync));
            routes.MapDelete(path + "/{repository}/{id}", Signed(static (request, caller, repository) =>
                DocumentRequests.DeleteAsync(caller, repository, Id(request))));
        }

        /// <summary>A request that needs a user.</summary>
        public Func<HttpRequest, Task<IResult>> Signed(Run run) => async request =>
        {
            var caller = await authenticate(request);
            if (caller.Error is { } refused)
            {
                return Replies.Error(refused);
            }

            var found = Find(request, caller.Value!.Database);
            return found.Error is { } invalid ? Replies.Error(invalid) : await run(request, caller.Value, found.Value!);
        };

        /// <summary>A read, which needs no user where the repository is public (protocol 3.3).</summary>
        private Func<HttpRequest, Task<IResult>> Public(RunPublic run) => async request =>
        {
            var name = (string)request.RouteValues["repository"]!;
            if (!hasPublicReads || request.Headers.Authorization.Count > 0 || !RepositoryPermissions.Parse(name).IsPublic)
            {
                return await Signed((r, caller, repository) => run(r, caller, repository))(request);
            }

            var database = await authenticator.FindDatabaseAsync(request);
            if (database.Error is { } unknown)
            {
                return Replies.Error(unknown);
            }

            var found = Find(request, database.Value!.PublicKey);
            return found.Error is { } invalid ? Replies.Error(invalid) : await run(request, null, found.Value!);
        };

        private Result<IRepositoryGrain> Find(HttpRequest request, string database)
        {
            var name = (string)request.RouteValues["repository"]!;
            return RepositoryName.Check(name) is { } invalid
                ? invalid
                : new Result<IRepositoryGrain>(_repositories.Get(RepositoryKey.Create(database, name)), null);
        }
    }
}
