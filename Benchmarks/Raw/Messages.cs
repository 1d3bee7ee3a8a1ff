using System.Text.Json;

namespace Realtime.Benchmarks.Raw;

/// <summary>The part of the wire protocol that a fan-out needs: the same envelopes as the gateway's, so the same bytes travel.</summary>
internal static class Messages
{
    /// <summary>Reads a client's message.</summary>
    /// <param name="json">The envelope.</param>
    /// <param name="data">The data as it was written, quotes included.</param>
    /// <returns>Type and channel; for a <c>join</c> the channel is in the data.</returns>
    public static (string Type, string Channel) Read(ReadOnlySpan<byte> json, out ReadOnlySpan<byte> data)
    {
        var (type, channel) = ("", "");
        data = "\"\""u8;
        var reader = new Utf8JsonReader(json);
        reader.Read();
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (reader.ValueTextEquals("type"u8))
            {
                reader.Read();
                type = reader.ValueTextEquals("chan_in"u8) ? "chan_in" : reader.GetString() ?? "";
            }
            else if (reader.ValueTextEquals("channel"u8))
            {
                reader.Read();
                channel = reader.GetString() ?? "";
            }
            else if (reader.ValueTextEquals("data"u8))
            {
                reader.Read();
                data = json[(int)reader.TokenStartIndex..(int)reader.BytesConsumed];
            }
            else
            {
                reader.Skip();
            }
        }

        return (type, channel);
    }

    /// <summary>A server's message.</summary>
    public static byte[] Write(ReadOnlySpan<byte> sid, ReadOnlySpan<byte> type, ReadOnlySpan<byte> data, ReadOnlySpan<byte> channel) =>
    [
        .. "{\"sid\":\""u8, .. sid,
        .. "\",\"type\":\""u8, .. type,
        .. "\",\"data\":"u8, .. data,
        .. ",\"channel\":"u8, .. channel,
        .. ",\"token\":\"\"}"u8,
    ];
}
