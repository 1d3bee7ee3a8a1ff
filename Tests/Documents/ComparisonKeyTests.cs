using System.Globalization;
using System.Text;
using System.Text.Json;
using CsCheck;
using Realtime.Documents;

namespace Realtime.Tests.Documents;

/// <summary>Keys that a database compares as texts compare like the values they stand for.</summary>
public sealed class ComparisonKeyTests
{
    [Fact]
    public void Numbers_CompareLikeTheirKeys()
    {
        Gen.Select(Gen.Decimal, Gen.Decimal).Sample((left, right) =>
            Math.Sign(left.CompareTo(right)) == Math.Sign(Order(Key(Text(left)), Key(Text(right)))));
        Gen.Select(Gen.Int[-50, 50], Gen.Int[0, 6]).Sample((value, places) =>
            Key(Text(value)) == Key(string.Create(CultureInfo.InvariantCulture, $"{value * (decimal)Math.Pow(10, places)}e-{places}")));

        static string Text(decimal number) => number.ToString(CultureInfo.InvariantCulture);
    }

    [Theory]
    [InlineData("0", "-0.00e5")]
    [InlineData("1", "1.0")]
    [InlineData("100", "1E+2")]
    [InlineData("0.0012", "12e-4")]
    [InlineData("1e00000000000000000000000000000000000001", "10")]
    [InlineData("\"\\u00e9\\/\"", "\"é/\"")]
    [InlineData("[1, {\"a b\" : \" \\\" \"}]", "[1,{\"a b\":\" \\\" \"}]")]
    public void Values_HaveOneKey_WhenTheyAreEqual(string one, string other) => Assert.Equal(Key(one), Key(other));

    [Fact]
    public void Keys_Rise_WithNumbersOfAnySize_AndTextsByCodePoint()
    {
        string[] rising =
        [
            "-1e99999999999999999999", "-1e400000", "-12", "-1.5", "-1", "-0.001", "0", "1e-400000", "1e-5", "0.5", "1", "9007199254740992",
            "9007199254740993", "1e400000", "1e400001", "\"\"", "\"\\u0000\"", "\"\\u0000a\"", "\"\\u0001\"", "\"\\u0002\"", "\"a\"", "\"a\\u0000\"",
            "\"ab\"", "\"é\"", "\"\\ud7ff\"", "\"\\ud7ffx\"", "\"\\ud800\"", "\"\\ud800x\"", "\"\\udfff\"", "\"\\ue000\"", "\"\\uffff\"", "\"\\ud800\\udc00\"",
        ];

        var keys = rising.Select(Key).ToList();

        Assert.All(keys.Zip(keys.Skip(1)), pair => Assert.True(Order(pair.First, pair.Second) < 0, $"{pair.First} {pair.Second}"));
    }

    [Fact]
    public void Texts_StayDistinctAndStorable_WhateverTheirCharactersAre()
    {
        var character = Gen.OneOf(Gen.Char['\0', '\u0003'], Gen.Char['\ud7fe', '\ue001'], Gen.Char);
        Gen.Select(Gen.String[character, 0, 6], Gen.String[character, 0, 6]).Sample((left, right) =>
        {
            var (a, b) = (PostgresText.Escape(left), PostgresText.Escape(right));
            var strict = new UTF8Encoding(false, throwOnInvalidBytes: true);
            return (a == b) == (left == right) && !strict.GetBytes(a).Contains((byte)0) && strict.GetBytes(b) is not null;
        });
    }

    [Fact]
    public void Null_HasNoKey_AndAnArrayHasThoseOfItsElements()
    {
        var elements = ComparisonKey.OfElements("[null, 1, 1.0, \"a\", [2]]"u8)!;

        Assert.Null(ComparisonKey.Of("null"u8));
        Assert.Equal([ComparisonKey.Null, Key("1"), Key("\"a\""), Key("[2]")], elements);
        Assert.Null(ComparisonKey.OfElements("{}"u8));
    }

    private static string Key(string json)
    {
        using var valid = JsonDocument.Parse(json);
        return ComparisonKey.Of(Encoding.UTF8.GetBytes(json))!;
    }

    // As the database does: by the bytes of UTF-8.
    private static int Order(string left, string right) =>
        Encoding.UTF8.GetBytes(left).AsSpan().SequenceCompareTo(Encoding.UTF8.GetBytes(right));
}
