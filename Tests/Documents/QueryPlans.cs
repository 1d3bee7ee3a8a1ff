using Realtime.Documents;

namespace Realtime.Tests.Documents;

/// <summary>How SQLite would run the store's statements on the first repository of a file.</summary>
internal sealed class QueryPlans(string path)
{
    private readonly SqliteTable _table = new(1);

    public string OfPage(DocumentScope scope, string? sort = null, params QueryClause[] clauses)
    {
        var conditions = Conditions(scope, clauses);
        var value = sort is null ? null : conditions.Field(sort).Value;
        var limit = conditions.Parameter(25L);
        return Explain(_table.Page(conditions, value, descending: true, limit, limit), conditions.Parameters);
    }

    public string OfCount(DocumentScope scope, params QueryClause[] clauses)
    {
        var conditions = Conditions(scope, clauses);
        return Explain(_table.Count(conditions), conditions.Parameters);
    }

    public string OfChunk(DocumentScope scope, params QueryClause[] clauses)
    {
        var conditions = Conditions(scope, clauses);
        conditions.Add($"seq > {conditions.Parameter(5L)}");
        return Explain(_table.Select(conditions, conditions.Parameter(200L)), conditions.Parameters);
    }

    public string Of(Func<SqliteTable, string> statement, params object[] parameters) => Explain(statement(_table), parameters);

    private static SqliteConditions Conditions(DocumentScope scope, QueryClause[] clauses)
    {
        var conditions = new SqliteConditions();
        conditions.Add(scope);
        Assert.Null(conditions.Add(clauses));
        return conditions;
    }

    private string Explain(string sql, object[] parameters)
    {
        using var session = SqliteSession.TryOpenReader(path)!;
        using var command = session.Create("EXPLAIN QUERY PLAN " + sql, parameters);
        using var reader = command.ExecuteReader();
        var lines = new List<string>();
        while (reader.Read())
        {
            lines.Add(reader.GetString(3));
        }

        return string.Join('\n', lines);
    }
}
