using Microsoft.Extensions.Options;
using Realtime.Channels;
using Realtime.Gateway.Auth;
using Realtime.Gateway.Channels;
using Realtime.Gateway.Connections;
using Realtime.Gateway.Protocol;

namespace Realtime.Gateway.Http;

/// <summary>Lets a server publish into a channel with its root token (protocol 3.2).</summary>
internal static class PublishEndpoint
{
    /// <summary>Maps <c>POST /publish-message</c>.</summary>
    public static void MapPublish(this IEndpointRouteBuilder routes) => routes.MapPost("/publish-message", PublishAsync);

    private static async Task<IResult> PublishAsync(
        HttpRequest request, RequestAuthenticator authenticator, ChannelHub channels, IOptions<LimitOptions> limits)
    {
        var caller = await authenticator.AuthenticateRootAsync(request);
        if (caller.Error is { } refused)
        {
            return Replies.Error(refused);
        }

        var body = await RequestBody.ReadAsync(request, limits.Value.MaxMessageBytes);
        if (body.Error is { } error)
        {
            return Replies.Error(error);
        }

        if (!MessageDecoder.TryDecode(body.Value, out var message) || !JsonStringToken.TryRead(message.Type, out var type))
        {
            return Replies.Error(RealtimeError.InvalidBody);
        }

        if (type is not ("" or "chan_out"))
        {
            return Replies.Error(RealtimeError.BadRequest("only messages of type chan_out can be published"));
        }

        if (!JsonStringToken.TryRead(message.Channel, out var name) || name.Length > limits.Value.MaxChannelNameLength)
        {
            return Replies.Error(RealtimeError.BadRequest(ErrorTexts.InvalidChannelName));
        }

        if (name.Length == 0)
        {
            return Replies.Error(RealtimeError.BadRequest(ErrorTexts.NoChannel));
        }

        if (name.StartsWith(ChannelKey.DocumentPrefix, StringComparison.OrdinalIgnoreCase))
        {
            return Replies.Error(RealtimeError.BadRequest(ErrorTexts.DocumentChannel));
        }

        await channels.AnnounceAsync(caller.Value!.Database, name, MessageEncoder.ChanOut([], message.Data.Span, message.Channel.Span, name));
        return Replies.True;
    }
}
