using System.Text;
using Realtime.Gateway.Http;

namespace Realtime.Tests.Http;

public sealed class EncodedFiltersTests
{
    [Theory]
    [InlineData("W1siY2l0eSIsIj09Iiwi4+/vIl1d", "[[\"city\",\"==\",\"ãïï\"]]")]
    [InlineData("W1siY2l0eSIsIj09Iiwi4 /vIl1d", "[[\"city\",\"==\",\"ãïï\"]]")]
    [InlineData("W1siY2l0eSIsIj09Iiwi4-_vIl1d", "[[\"city\",\"==\",\"ãïï\"]]")]
    [InlineData("W10=", "[]")]
    [InlineData("W10", "[]")]
    public void Decode_TakesEveryAlphabet_AndReadsLatin1(string encoded, string expected)
    {
        Assert.True(EncodedFilters.TryDecode(encoded, out var json));

        Assert.Equal(expected, Encoding.UTF8.GetString(json));
    }

    [Fact]
    public void Decode_PrefersUtf8_WhereItIsValid()
    {
        var encoded = Convert.ToBase64String(Encoding.UTF8.GetBytes("[\"Québec\"]"));

        Assert.True(EncodedFilters.TryDecode(encoded, out var json));

        Assert.Equal("[\"Québec\"]", Encoding.UTF8.GetString(json));
    }

    [Theory]
    [InlineData("%%%")]
    [InlineData("W")]
    public void Decode_Refuses_WhatIsNoBase64(string encoded) => Assert.False(EncodedFilters.TryDecode(encoded, out _));
}
