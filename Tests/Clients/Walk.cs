namespace Realtime.Tests.Clients;

/// <summary>The steps of <c>scripts/walk.mjs</c>, which runs in Node.js and in Chromium.</summary>
internal static class Walk
{
    public static readonly string[] Steps =
    [
        "connect calls onAuth with the session token",
        "echo answers with the document's JSON",
        "a wrong session token is answered with invalid token",
        "join is confirmed with the channel's name",
        "a channel message is answered with ok and reaches all members",
        "a JSON object inside a message arrives unchanged",
        "a created document arrives in full",
        "an updated document arrives in full",
        "of a deleted document only the id arrives",
        "sending into a database channel is an error",
        "nothing else was received",
    ];
}
