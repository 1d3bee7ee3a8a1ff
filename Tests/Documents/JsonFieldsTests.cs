using System.Text;
using CsCheck;
using Realtime.Documents;

namespace Realtime.Tests.Documents;

public sealed class JsonFieldsTests
{
    [Theory]
    [InlineData("")]
    [InlineData("null")]
    [InlineData("[]")]
    [InlineData("\"a\"")]
    [InlineData("{")]
    [InlineData("{}x")]
    [InlineData("{\"a\":1,}")]
    [InlineData("{\"a\":01}")]
    [InlineData("{\"a\":NaN}")]
    [InlineData("{\"\\ud800\":1}")]
    [InlineData("/**/{}")]
    public void TryParse_IsRefused_WhenItIsNoObject(string json) =>
        Assert.Null(JsonFields.TryParse(Encoding.UTF8.GetBytes(json)));

    [Fact]
    public void TryParse_IsRefused_WhenBytesAreNotUtf8() =>
        Assert.Null(JsonFields.TryParse(new byte[] { (byte)'{', (byte)'"', 0xE9, (byte)'"', (byte)':', (byte)'1', (byte)'}' }));

    [Theory]
    [InlineData(64, true)]
    [InlineData(65, false)]
    public void TryParse_BoundsTheDepth(int depth, bool isAccepted)
    {
        var json = $$"""{"a":{{new string('[', depth - 1)}}{{new string(']', depth - 1)}}}""";

        var fields = JsonFields.TryParse(Encoding.UTF8.GetBytes(json));

        Assert.Equal(isAccepted, fields is not null);
    }

    [Theory]
    [InlineData("""{"a":1,"b":2,"a":3}""", """{"accountId":"A","id":"I","a":3,"b":2}""")]
    [InlineData("""{"id":"x","accountId":"y","ownerId":"z","ID":1}""", """{"accountId":"A","id":"I","ID":1}""")]
    [InlineData("""{"\u0061":1,"a":2}""", """{"accountId":"A","id":"I","a":2}""")]
    [InlineData("""{ "a" : 1.50e+2 , "b":[ 1 ] }""", """{"accountId":"A","id":"I","a":1.50e+2,"b":[ 1 ]}""")]
    [InlineData("""{"a":"\ud800"}""", """{"accountId":"A","id":"I","a":"\ud800"}""")]
    [InlineData("""{"\u0000\"":1}""", """{"accountId":"A","id":"I","\u0000\"":1}""")]
    public void Write_KeepsValues_AndPutsTheServersFieldsFirst(string json, string expected)
    {
        var written = JsonFields.TryParse(Encoding.UTF8.GetBytes(json))!.Write("A", "I");

        Assert.Equal(expected, Encoding.UTF8.GetString(written.Value.Span));
    }

    [Theory]
    [InlineData(0, null)]
    [InlineData(1, 413)]
    public void Write_IsRefused_WhenDocumentIsTooLarge(int excess, int? status)
    {
        var filler = new string('x', DocumentLimits.MaxDocumentBytes - """{"a":""}""".Length + excess);

        var written = JsonFields.TryParse(Encoding.UTF8.GetBytes($$"""{"a":"{{filler}}"}"""))!.Write("account", "id");

        Assert.Equal(status, written.Error?.Status);
    }

    [Fact]
    public void Write_ReadsBackTheSame_WhateverTheNames() =>
        Gen.Select(Gen.String, Gen.Int).Array[0, 8].Sample(pairs =>
        {
            var fields = new JsonFields();
            foreach (var (name, value) in pairs.Where(pair => pair.Item1.EnumerateRunes().All(rune => rune.Value != 0xFFFD)))
            {
                fields.Set(name, Encoding.UTF8.GetBytes($"{value}"));
            }

            var once = fields.Write("A", "I").Value;
            var again = JsonFields.TryParse(once)!.Write("A", "I").Value;

            return once.Span.SequenceEqual(again.Span);
        });

    [Theory]
    [InlineData("1", "2", "3")]
    [InlineData("9223372036854775807", "9223372036854775807", "18446744073709551614")]
    [InlineData("-9223372036854775808", "-1", "-9223372036854775809")]
    [InlineData("0.1", "0.2", "0.3")]
    [InlineData("1.0", "1", "2.0")]
    [InlineData("1e2", "1", "101")]
    [InlineData("12345678901234567890123456789012345", "1", "1.234567890123457E+34")]
    public void Add_KeepsIntegersAndDecimals(string left, string right, string sum)
    {
        var result = JsonNumber.Add(Encoding.UTF8.GetBytes(left), Encoding.UTF8.GetBytes(right));

        Assert.Equal(sum, Encoding.UTF8.GetString(result.Value.Span));
    }

    [Theory]
    [InlineData("\"1\"", "1")]
    [InlineData("1", "null")]
    [InlineData("1", "1 2")]
    [InlineData("1e308", "1e308")]
    public void Add_IsRefused_WhenThereIsNoSum(string left, string right)
    {
        var result = JsonNumber.Add(Encoding.UTF8.GetBytes(left), Encoding.UTF8.GetBytes(right));

        Assert.Equal(400, result.Error?.Status);
    }
}
