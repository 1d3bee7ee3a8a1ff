using System.Text;
using System.Text.Json;

namespace Realtime.Gateway.Http;

/// <summary>
/// The answers of the HTTP API (protocol 3.1): non-empty JSON on success, because the client always parses it, and a
/// short plain sentence on failure, because applications show it.
/// </summary>
internal static class Replies
{
    private static readonly JsonSerializerOptions Options = new(JsonSerializerDefaults.Web)
    {
        Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    public static IResult True { get; } = Json("true"u8.ToArray());

    public static IResult Json(ReadOnlyMemory<byte> json, int status = StatusCodes.Status200OK) =>
        new BytesReply(status, "application/json", json);

    public static IResult Value<T>(T value, int status = StatusCodes.Status200OK) =>
        Json(JsonSerializer.SerializeToUtf8Bytes(value, Options), status);

    public static IResult Error(RealtimeError error) => Text(error.Status, error.Message);

    public static IResult Text(int status, string sentence) =>
        new BytesReply(status, "text/plain; charset=utf-8", Encoding.UTF8.GetBytes(sentence));

    /// <summary>Answers with a refusal, or with what a value is turned into.</summary>
    public static IResult From<T>(Result<T> result, Func<T, IResult> success) =>
        result.Error is { } error ? Error(error) : success(result.Value!);

    private sealed class BytesReply(int status, string contentType, ReadOnlyMemory<byte> body) : IResult
    {
        public async Task ExecuteAsync(HttpContext httpContext)
        {
            httpContext.Response.StatusCode = status;
            httpContext.Response.ContentType = contentType;
            httpContext.Response.ContentLength = body.Length;
            await httpContext.Response.BodyWriter.WriteAsync(body, httpContext.RequestAborted);
        }
    }
}
