using System.Buffers;
using System.Globalization;
using System.Text;
using Realtime.Channels;
using Realtime.Documents;

namespace Realtime.Gateway.Protocol;

/// <summary>
/// Writes server messages (protocol 1.3): <c>{"sid":"…","type":"…","data":"…","channel":"…","token":""}</c>, all five
/// members always there, in this order, on one line.
/// </summary>
internal static class MessageEncoder
{
    private static readonly byte[] SidSlot = [.. Enumerable.Repeat((byte)'0', OutboundMessage.SidLength)];

    private static ReadOnlySpan<byte> BeforeSid => "{\"sid\":\""u8;

    private static ReadOnlySpan<byte> BeforeType => "\",\"type\":\""u8;

    private static ReadOnlySpan<byte> BeforeData => "\",\"data\":"u8;

    private static ReadOnlySpan<byte> BeforeChannel => ",\"channel\":"u8;

    private static ReadOnlySpan<byte> AfterChannel => ",\"token\":\"\"}"u8;

    public static OutboundMessage Init(string sid) => ForReceiver("init"u8, JsonStringToken.From(sid), default);

    /// <summary>Says that a session goes on (protocol 1.9).</summary>
    public static OutboundMessage Resumed { get; } = ForReceiver("resumed"u8, default, default);

    /// <summary>Brings an id when there was nothing else to bring it (protocol 1.9).</summary>
    public static OutboundMessage Heartbeat { get; } = ForReceiver("heartbeat"u8, default, default);

    public static OutboundMessage Token(ReadOnlySpan<byte> tokenToken) => ForReceiver("token"u8, tokenToken, default);

    public static OutboundMessage Ok { get; } = ForReceiver("ok"u8, default, default);

    public static OutboundMessage OkFor(string channel) => ForReceiver("ok"u8, JsonStringToken.From(channel), default);

    public static OutboundMessage Joined(string channel) => Named("joined"u8, channel);

    public static OutboundMessage Left(string channel) => Named("left"u8, channel);

    public static OutboundMessage Presence(string channel, int members) => ForReceiver(
        "presence"u8,
        JsonStringToken.From(members.ToString(CultureInfo.InvariantCulture)),
        JsonStringToken.From(channel));

    /// <summary>The reply to <c>echo</c>, whose data follows the fixed text unchanged.</summary>
    public static OutboundMessage Echo(ClientMessage command)
    {
        var data = command.Data.IsEmpty ? JsonStringToken.Empty : command.Data;
        return ForReceiver("echo"u8, [.. "\"echo: "u8, .. data.Span[1..]], command.Channel.Span);
    }

    /// <summary>An error with one of the fixed texts of protocol 1.6.</summary>
    public static OutboundMessage Error(string text) => ForReceiver("error"u8, JsonStringToken.From(text), default);

    /// <summary><c>{type} command not found</c>, the type exactly as received (protocol 1.4.5).</summary>
    public static OutboundMessage CommandNotFound(ReadOnlySpan<byte> typeToken) => ForReceiver(
        "error"u8,
        typeToken.IsEmpty ? "\" command not found\""u8 : [.. typeToken[..^1], .. " command not found\""u8],
        default);

    /// <summary>The bytes of a <c>chan_out</c>, the same for every member; the sid is the sender's (protocol 1.3).</summary>
    /// <param name="senderSid">The sender's sid.</param>
    /// <param name="dataToken">The data as received.</param>
    /// <param name="channelToken">Name of the channel as received.</param>
    /// <param name="channel">The same name as text.</param>
    public static byte[] ChanOut(
        ReadOnlySpan<byte> senderSid, ReadOnlySpan<byte> dataToken, ReadOnlySpan<byte> channelToken, string channel) =>
        Write(senderSid, "chan_out"u8, dataToken, JsonStringToken.IsPlain(channelToken, channel) ? channelToken : JsonStringToken.From(channel));

    /// <summary>The announcement of a newcomer, only sent with <c>Realtime:ReferenceJoinReplies</c> (protocol 1.4.3).</summary>
    public static byte[] NewcomerJoined(string sid, string channel) =>
        Write(Encoding.ASCII.GetBytes(sid), "joined"u8, JsonStringToken.From(sid), JsonStringToken.From(channel));

    /// <summary>A database event (protocol 2.4): its data is JSON text, written as a JSON string.</summary>
    public static OutboundMessage DocumentEvent(
        ChangeKind kind, ReadOnlySpan<byte> json, ReadOnlySpan<byte> channelToken, ChannelPosition position = default)
    {
        var type = kind switch
        {
            ChangeKind.Created => "db_created"u8,
            ChangeKind.Updated => "db_updated"u8,
            _ => "db_deleted"u8,
        };
        var data = new ArrayBufferWriter<byte>(json.Length + (json.Length / 4) + 2);
        JsonStringEscaper.Write(data, json);
        return ForReceiver(type, data.WrittenSpan, channelToken, position);
    }

    private static OutboundMessage Named(ReadOnlySpan<byte> type, string channel)
    {
        var token = JsonStringToken.From(channel);
        return ForReceiver(type, token, token);
    }

    private static OutboundMessage ForReceiver(
        ReadOnlySpan<byte> type, ReadOnlySpan<byte> data, ReadOnlySpan<byte> channel, ChannelPosition position = default) =>
        OutboundMessage.WithSidSlot(Write(SidSlot, type, data, channel), position);

    private static byte[] Write(
        ReadOnlySpan<byte> sid, ReadOnlySpan<byte> type, ReadOnlySpan<byte> data, ReadOnlySpan<byte> channel)
    {
        data = data.IsEmpty ? JsonStringToken.Empty.Span : data;
        channel = channel.IsEmpty ? JsonStringToken.Empty.Span : channel;

        // Of its length at once: a collection expression of spans grows a list and copies it.
        var message = new byte[BeforeSid.Length + sid.Length + BeforeType.Length + type.Length + BeforeData.Length + data.Length
            + BeforeChannel.Length + channel.Length + AfterChannel.Length];
        var rest = message.AsSpan();
        Append(ref rest, BeforeSid);
        Append(ref rest, sid);
        Append(ref rest, BeforeType);
        Append(ref rest, type);
        Append(ref rest, BeforeData);
        Append(ref rest, data);
        Append(ref rest, BeforeChannel);
        Append(ref rest, channel);
        Append(ref rest, AfterChannel);
        return message;
    }

    private static void Append(ref Span<byte> rest, ReadOnlySpan<byte> part)
    {
        part.CopyTo(rest);
        rest = rest[part.Length..];
    }
}
