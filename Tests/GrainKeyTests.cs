using CsCheck;

namespace Realtime.Tests;

public sealed class GrainKeyTests
{
    private static readonly Gen<string> Part = Gen.OneOf(
        Gen.String,
        Gen.String["/\\#?_~:-%ab0\0\n"],
        Gen.String.AlphaNumeric).Where(IsWellFormed);

    [Fact]
    public void Encode_RoundTrips() =>
        Part.Sample(static part => GrainKey.Decode(GrainKey.Encode(part)) == part);

    [Fact]
    public void Join_RoundTrips() =>
        Gen.Select(Part, Part).Sample(static (first, second) =>
            GrainKey.Split(GrainKey.Join(first, second)) == (first, second));

    [Fact]
    public void Join_IsInjective() =>
        Gen.Select(Part, Part, Part, Part).Sample(static (a, b, c, d) =>
            (a, b) == (c, d) || GrainKey.Join(a, b) != GrainKey.Join(c, d));

    [Fact]
    public void Keys_HoldNothingThatStorageSanitises() =>
        Gen.Select(Part, Part).Sample(static (first, second) =>
            IsSafe(GrainKey.Join(first, second)) && IsSafe(GrainKey.JoinHashed(first, second)));

    [Fact]
    public void JoinHashed_HasAFixedLength_WhateverTheName() =>
        Gen.String.Sample(static name => GrainKey.JoinHashed("db", name).Length == "db:".Length + 52);

    [Theory]
    [InlineData("room/1/secret", "room/1_secret")]
    [InlineData("a:b", "a~3Ab")]
    [InlineData("a?", "a#")]
    [InlineData("a\\", "a/")]
    public void Keys_Differ_WhereSanitisingWouldMakeThemMeet(string one, string other)
    {
        Assert.NotEqual(GrainKey.Join("db", one), GrainKey.Join("db", other));
        Assert.NotEqual(GrainKey.Join(one, "x"), GrainKey.Join(other, "x"));
        Assert.NotEqual(GrainKey.JoinHashed("db", one), GrainKey.JoinHashed("db", other));
    }

    [Fact]
    public void Join_KeepsPartsApart_WhenASeparatorIsInOne() =>
        Assert.NotEqual(GrainKey.Join("a:b", "c"), GrainKey.Join("a", "b:c"));

    [Fact]
    public void Encode_Refuses_WhenASurrogateIsUnpaired() =>
        Assert.ThrowsAny<ArgumentException>(static () => GrainKey.Encode("a\ud800"));

    [Fact]
    public void JoinHashed_KeepsNamesApart_WhenSurrogatesAreUnpaired() =>
        Assert.NotEqual(GrainKey.JoinHashed("db", "\ud800"), GrainKey.JoinHashed("db", "\ud801"));

    private static bool IsSafe(string key) =>
        key.All(static c => char.IsAsciiLetterOrDigit(c) || c is '-' or '~' or ':');

    private static bool IsWellFormed(string text)
    {
        for (var i = 0; i < text.Length; i++)
        {
            if (char.IsHighSurrogate(text[i]) && i + 1 < text.Length && char.IsLowSurrogate(text[i + 1]))
            {
                i++;
            }
            else if (char.IsSurrogate(text[i]))
            {
                return false;
            }
        }

        return true;
    }
}
