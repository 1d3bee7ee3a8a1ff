using System.Reflection;
using System.Security.Cryptography;

using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.Net.Http.Headers;

namespace Realtime.Gateway.Demo;

/// <summary>
/// The demo page: a client of the realtime API in plain ES modules, served from the assembly's embedded resources.
/// <c>index.html</c> is the answer to <c>/</c>, every other file lies under <c>/demo/</c>.
/// </summary>
internal static class DemoPage
{
    /// <summary>Embedded resources of the page are named <c>Demo/</c> + file name; see Gateway.csproj.</summary>
    private const string ResourcePrefix = "Demo/";

    private const string Index = "index.html";

    /// <summary>Maps the page. Meant for development: it says which credentials a development database has.</summary>
    /// <returns>A builder for conventions on all of the page's files.</returns>
    internal static RouteGroupBuilder MapDemoPage(this IEndpointRouteBuilder endpoints)
    {
        var page = endpoints.MapGroup("").ExcludeFromDescription();
        foreach (var file in LoadFiles(typeof(DemoPage).Assembly))
        {
            var path = file.Name == Index ? "/" : $"/demo/{file.Name}";
            page.MapMethods(path, [HttpMethods.Get, HttpMethods.Head], (HttpContext context) => Serve(context, file))
                .WithDisplayName($"Demo page: {file.Name}");
        }

        return page;
    }

    private static FileContentHttpResult Serve(HttpContext context, PageFile file)
    {
        var headers = context.Response.Headers;
        // "no-cache" asks again each time and gets a 304: a rebuilt gateway never meets yesterday's script.
        headers.CacheControl = "no-cache";
        headers.ContentSecurityPolicy = ContentSecurityPolicy(context.Request.Host);
        headers.XContentTypeOptions = "nosniff";
        headers["Referrer-Policy"] = "no-referrer";

        // Answers a matching If-None-Match with 304, and HEAD without a body.
        return TypedResults.Bytes(file.Content, file.ContentType, entityTag: file.Tag);
    }

    /// <summary>
    /// The page loads and calls nothing but its own origin. The WebSocket addresses are spelled out because
    /// not every browser counts <c>ws:</c> on the same host as <c>'self'</c>.
    /// </summary>
    private static string ContentSecurityPolicy(HostString host)
    {
        var sockets = IsPlain(host.Value) ? $" ws://{host.Value} wss://{host.Value}" : "";
        return "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
            + $"connect-src 'self'{sockets}; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
    }

    /// <summary>A Host header is the caller's text, and may legally hold a <c>;</c>, which would start a directive.</summary>
    private static bool IsPlain(string? host) =>
        !string.IsNullOrEmpty(host) && host.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '-' or ':' or '[' or ']');

    private static IEnumerable<PageFile> LoadFiles(Assembly assembly) =>
        from resource in assembly.GetManifestResourceNames()
        where resource.StartsWith(ResourcePrefix, StringComparison.Ordinal)
        select Load(assembly, resource);

    private static PageFile Load(Assembly assembly, string resource)
    {
        using var stream = assembly.GetManifestResourceStream(resource)!;
        var content = new byte[stream.Length];
        stream.ReadExactly(content);
        var name = resource[ResourcePrefix.Length..];
        var tag = new EntityTagHeaderValue($"\"{Convert.ToHexStringLower(SHA256.HashData(content).AsSpan(0, 16))}\"");
        return new PageFile(name, ContentTypeOf(name), content, tag);
    }

    private static string ContentTypeOf(string name) => Path.GetExtension(name) switch
    {
        ".html" => "text/html; charset=utf-8",
        ".css" => "text/css; charset=utf-8",
        ".js" => "text/javascript; charset=utf-8",
        ".svg" => "image/svg+xml",
        ".txt" => "text/plain; charset=utf-8",
        _ => throw new NotSupportedException($"The demo page holds {name}, a file without a known content type."),
    };

    private sealed record PageFile(string Name, string ContentType, byte[] Content, EntityTagHeaderValue Tag);
}
