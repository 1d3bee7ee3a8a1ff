namespace Realtime.Gateway.Protocol;

/// <summary>The exact error texts of protocol 1.6.</summary>
internal static class ErrorTexts
{
    public const string InvalidToken = "invalid token";
    public const string NoChannel = "no channel was specified";
    public const string DocumentChannel = "you cannot write to database channel";
    public const string InvalidRequest = "invalid request";
    public const string InvalidMessage = "invalid message";
    public const string MessageTooLarge = "message too large";
    public const string InvalidChannelName = "invalid channel name";
    public const string ConnectionLimit = "connection limit reached";
    public const string TooManyRequests = "too many requests";
    public const string TooManyChannels = "too many channels";
    public const string UnableToSend = "unable to send your message";
    public const string UnknownSid = "unknown sid";
}
