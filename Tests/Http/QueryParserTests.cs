using System.Text;
using Realtime.Documents;
using Realtime.Gateway.Http;

namespace Realtime.Tests.Http;

public sealed class QueryParserTests
{
    [Theory]
    [InlineData("==", QueryOperator.Equal)]
    [InlineData("=", QueryOperator.Equal)]
    [InlineData("!=", QueryOperator.NotEqual)]
    [InlineData("<>", QueryOperator.NotEqual)]
    [InlineData(">", QueryOperator.Greater)]
    [InlineData("<", QueryOperator.Less)]
    [InlineData(">=", QueryOperator.GreaterOrEqual)]
    [InlineData("<=", QueryOperator.LessOrEqual)]
    [InlineData("in", QueryOperator.In)]
    [InlineData("!in", QueryOperator.NotIn)]
    [InlineData("nin", QueryOperator.NotIn)]
    public void Parse_KnowsEveryOperator(string text, QueryOperator expected)
    {
        var clauses = Parse($"""[["city","{text}",["a",1]]]""").Value!;

        var clause = Assert.Single(clauses);
        Assert.Equal(("city", expected), (clause.Field, clause.Operator));
        Assert.Equal("""["a",1]""", Encoding.UTF8.GetString(clause.Value.Span));
    }

    [Theory]
    [InlineData("")]
    [InlineData("null")]
    [InlineData("[]")]
    public void Parse_TakesNoFilters_AsAll(string json) => Assert.Empty(Parse(json).Value!);

    [Theory]
    [InlineData("""[["a","==",1],["a","xx",1]]""", "the 2 query clause's operator: xx is not supported at the moment")]
    [InlineData("""[["a","=="]]""", "the 1 query clause must be an array of field, operator and value")]
    [InlineData("""[[1,"==",1]]""", "the 1 query clause must be an array of field, operator and value")]
    [InlineData("{}", "invalid body")]
    [InlineData("[", "invalid body")]
    [InlineData("""[["\ud800","==",1]]""", "invalid body")]
    public void Parse_SaysWhatIsWrong(string json, string expected)
    {
        var error = Parse(json).Error;

        Assert.Equal(400, error?.Status);
        Assert.Equal(expected, error?.Message);
    }

    [Fact]
    public void Parse_Refuses_TooManyClauses()
    {
        var json = "[" + string.Join(',', Enumerable.Repeat("""["a","==",1]""", QueryParser.MaxClauses + 1)) + "]";

        Assert.Equal(400, Parse(json).Error?.Status);
    }

    private static Result<QueryClause[]> Parse(string json) => QueryParser.Parse(Encoding.UTF8.GetBytes(json));
}
