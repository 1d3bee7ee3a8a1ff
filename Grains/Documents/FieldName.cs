using System.Buffers;

namespace Realtime.Documents;

/// <summary>Rules of the fields that <c>/sudo/index</c> takes.</summary>
internal static class FieldName
{
    private const int MaxPlainName = 64;

    private static readonly SearchValues<char> PlainCharacters =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-");

    /// <summary>A field that can't have an index.</summary>
    public static readonly RealtimeError NotIndexable = RealtimeError.BadRequest("this field can't have an index");

    /// <summary>A repository has as many indexes as it may.</summary>
    public static readonly RealtimeError TooManyIndexes = RealtimeError.BadRequest("too many indexes");

    /// <summary>Whether a name is plain enough to stand in the text of a statement, and so to have an index.</summary>
    /// <param name="field">The name.</param>
    public static bool IsPlain(string field) =>
        field.Length is > 0 and <= MaxPlainName && !field.AsSpan().ContainsAnyExcept(PlainCharacters);
}
