using System.Text.Json;
using System.Text.Unicode;

namespace Realtime.Gateway.Protocol;

/// <summary>Turns the bytes of a client message into its parts, without copying them (protocol 1.2).</summary>
internal static class MessageDecoder
{
    // Deep nesting can only stand in members that are ignored; 64 is the reader's own default.
    private static readonly JsonReaderOptions Options = new() { MaxDepth = 64 };

    /// <summary>Decodes one message.</summary>
    /// <param name="json">The whole message.</param>
    /// <param name="message">Its parts, which point into <paramref name="json"/>.</param>
    /// <returns>False if it is malformed: not UTF-8, not a JSON object, or a member of the envelope isn't a string.</returns>
    public static bool TryDecode(ReadOnlyMemory<byte> json, out ClientMessage message)
    {
        message = default;

        // The reader doesn't look at the bytes inside strings, and they are forwarded as they are.
        if (!Utf8.IsValid(json.Span))
        {
            return false;
        }

        try
        {
            var reader = new Utf8JsonReader(json.Span, Options);
            return reader.Read() && reader.TokenType == JsonTokenType.StartObject && TryReadMembers(ref reader, json, out message);
        }
        catch (JsonException)
        {
            return false;
        }
    }

    private static bool TryReadMembers(ref Utf8JsonReader reader, ReadOnlyMemory<byte> json, out ClientMessage message)
    {
        message = default;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var member = Member(ref reader);
            reader.Read();
            if (member == EnvelopeMember.Other)
            {
                reader.Skip();
                continue;
            }

            if (reader.TokenType is not (JsonTokenType.String or JsonTokenType.Null))
            {
                return false;
            }

            var token = reader.TokenType == JsonTokenType.Null
                ? default
                : json[(int)reader.TokenStartIndex..(int)reader.BytesConsumed];
            message = member switch
            {
                EnvelopeMember.Sid => message with { Sid = token },
                EnvelopeMember.Type => message with { Type = token, Kind = Kind(ref reader) },
                EnvelopeMember.Data => message with { Data = token },
                EnvelopeMember.Channel => message with { Channel = token },
                _ => message with { Token = token },
            };
        }

        // Reads on to the end, so that anything after the object is found.
        return !reader.Read();
    }

    private static EnvelopeMember Member(ref Utf8JsonReader reader) =>
        Is(ref reader, "sid"u8) ? EnvelopeMember.Sid
        : Is(ref reader, "type"u8) ? EnvelopeMember.Type
        : Is(ref reader, "data"u8) ? EnvelopeMember.Data
        : Is(ref reader, "channel"u8) ? EnvelopeMember.Channel
        : Is(ref reader, "token"u8) ? EnvelopeMember.Token
        : EnvelopeMember.Other;

    private static CommandKind Kind(ref Utf8JsonReader reader) =>
        reader.TokenType == JsonTokenType.Null ? CommandKind.Unknown
        : Is(ref reader, "chan_in"u8) ? CommandKind.ChanIn
        : Is(ref reader, "echo"u8) ? CommandKind.Echo
        : Is(ref reader, "auth"u8) ? CommandKind.Auth
        : Is(ref reader, "join"u8) ? CommandKind.Join
        : Is(ref reader, "leave"u8) ? CommandKind.Leave
        : Is(ref reader, "presence"u8) ? CommandKind.Presence
        : Is(ref reader, "resume"u8) ? CommandKind.Resume
        : CommandKind.Unknown;

    private static bool Is(ref Utf8JsonReader reader, ReadOnlySpan<byte> text)
    {
        try
        {
            return reader.ValueTextEquals(text);
        }
        catch (InvalidOperationException)
        {
            // How the reader says that an escape is half of a surrogate pair, which is in none of the known names.
            return false;
        }
    }

    private enum EnvelopeMember
    {
        Other,
        Sid,
        Type,
        Data,
        Channel,
        Token,
    }
}
