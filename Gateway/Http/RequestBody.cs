using System.Buffers;
using System.Text.Json;
using System.Text.Unicode;

namespace Realtime.Gateway.Http;

/// <summary>Reads request bodies within a bound, whatever the client says of their length or type.</summary>
internal static class RequestBody
{
    /// <summary>The refusal of a body over the bound.</summary>
    public static RealtimeError TooLarge { get; } = new(StatusCodes.Status413PayloadTooLarge, Protocol.ErrorTexts.MessageTooLarge);

    /// <summary>Reads a whole body.</summary>
    /// <returns>The body, or <see cref="TooLarge"/>.</returns>
    public static async ValueTask<Result<byte[]>> ReadAsync(HttpRequest request, int maxBytes)
    {
        if (request.ContentLength > maxBytes)
        {
            return TooLarge;
        }

        while (true)
        {
            var read = await request.BodyReader.ReadAsync(request.HttpContext.RequestAborted);
            if (read.Buffer.Length > maxBytes)
            {
                request.BodyReader.AdvanceTo(read.Buffer.End);
                return TooLarge;
            }

            if (read.IsCompleted)
            {
                var body = read.Buffer.ToArray();
                request.BodyReader.AdvanceTo(read.Buffer.End);
                return body;
            }

            request.BodyReader.AdvanceTo(read.Buffer.Start, read.Buffer.End);
        }
    }

    /// <summary>Reads a JSON body into a value.</summary>
    /// <returns>The value, or 400 <c>invalid body</c>.</returns>
    public static async ValueTask<Result<T>> ReadJsonAsync<T>(HttpRequest request, int maxBytes)
        where T : class
    {
        var body = await ReadAsync(request, maxBytes);
        if (body.Error is { } error)
        {
            return error;
        }

        // The reader doesn't look at the bytes inside strings that nobody asks for, such as those of a document.
        if (!Utf8.IsValid(body.Value))
        {
            return RealtimeError.InvalidBody;
        }

        try
        {
            return JsonSerializer.Deserialize<T>(body.Value, JsonSerializerOptions.Web) is { } value ? value : RealtimeError.InvalidBody;
        }
        catch (JsonException)
        {
            return RealtimeError.InvalidBody;
        }
    }
}
