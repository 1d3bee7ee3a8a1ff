using Microsoft.Extensions.Options;
using Realtime.Gateway.Auth;
using Realtime.Gateway.Connections;
using Realtime.Gateway.Protocol;
using Realtime.Sessions;

namespace Realtime.Gateway.Http;

/// <summary>
/// Takes commands by <c>POST /sse/msg</c> for any live connection, whatever its transport and gateway (protocol 1.5).
/// The HTTP status says whether the command was taken; its outcome goes to the connection.
/// </summary>
internal sealed class MessageEndpoint(
    RequestAuthenticator authenticator,
    SessionTokens tokens,
    PostHandler posts,
    IOptions<LimitOptions> limits)
{
    /// <summary>Maps the endpoint.</summary>
    public static void Map(IEndpointRouteBuilder routes)
    {
        var endpoint = routes.ServiceProvider.GetRequiredService<MessageEndpoint>();
        routes.MapPost("/sse/msg", (HttpRequest request) => endpoint.PostAsync(request));
    }

    private async Task<IResult> PostAsync(HttpRequest request)
    {
        var database = await authenticator.FindDatabaseAsync(request);
        if (database.Error is { } unknown)
        {
            return Replies.Error(unknown);
        }

        var body = await RequestBody.ReadAsync(request, limits.Value.MaxMessageBytes);
        if (body.Error is { } tooLarge)
        {
            return Replies.Error(tooLarge);
        }

        if (!MessageDecoder.TryDecode(body.Value, out var message))
        {
            return Replies.Text(StatusCodes.Status400BadRequest, ErrorTexts.InvalidMessage);
        }

        // Exactly as it was given out: the parser alone would take spaces around it, or capitals.
        if (!JsonStringToken.TryRead(message.Sid, out var text)
            || !Guid.TryParseExact(text, "D", out var sid)
            || sid.ToString("D") != text)
        {
            return Replies.Text(StatusCodes.Status404NotFound, ErrorTexts.UnknownSid);
        }

        var publicKey = database.Value!.PublicKey;
        var post = new SessionPost(publicKey, await ProveAsync(request, message, publicKey), body.Value);

        return await posts.TakeOrForwardAsync(sid, post) switch
        {
            PostOutcome.Accepted => Replies.True,
            PostOutcome.NotOwner => Replies.Error(RealtimeError.InvalidToken),
            _ => Replies.Text(StatusCodes.Status404NotFound, ErrorTexts.UnknownSid),
        };
    }

    /// <summary>The users for whom the request carries an authentic token, in its header or in the message.</summary>
    private async ValueTask<string[]> ProveAsync(HttpRequest request, ClientMessage message, string database)
    {
        var header = RequestAuthenticator.ReadBearer(request).Value ?? "";
        var member = JsonStringToken.TryRead(message.Token, out var text) ? text : "";
        var users = new List<string>(2);
        foreach (var candidate in header == member ? [header] : new[] { header, member })
        {
            if (await tokens.ReadAsync(candidate) is { } token && token.Database == database)
            {
                users.Add(token.UserId);
            }
        }

        return [.. users];
    }
}
