namespace Realtime.Gateway.Http;

/// <summary>What the client can call but this backend doesn't do (protocol 3.2, marked N): 501 with a sentence.</summary>
internal static class UnsupportedEndpoints
{
    private static readonly string[] Paths =
    [
        "/account/associations", "/account/promote", "/search", "/storage/{**rest}", "/extra/{**rest}", "/fn/{**rest}",
        "/oauth/{**rest}",
    ];

    /// <summary>Maps the endpoints.</summary>
    public static void MapUnsupported(this IEndpointRouteBuilder routes)
    {
        foreach (var path in Paths)
        {
            routes.Map(path, static () => Replies.Text(StatusCodes.Status501NotImplemented, "not supported by this backend"));
        }
    }
}
