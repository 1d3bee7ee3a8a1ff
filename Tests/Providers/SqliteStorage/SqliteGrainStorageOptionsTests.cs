using Microsoft.Extensions.Options;
using Realtime.Providers.SqliteStorage;

namespace Realtime.Tests.Providers.SqliteStorage;

public sealed class SqliteGrainStorageOptionsTests
{
    [Theory]
    [InlineData("", "SQLite grain storage 'Default': DataSource must be the path of a file, but is empty.")]
    [InlineData(":memory:", "SQLite grain storage 'Default': DataSource must be the path of a file, but is :memory:.")]
    public async Task Silo_DoesNotStart_WhenThePathIsNoFile(string dataSource, string expected)
    {
        var builder = Host.CreateApplicationBuilder();
        builder.UseOrleans(silo => silo
            .UseLocalhostClustering()
            .AddSqliteGrainStorageAsDefault(options => options.Configure(sqlite => sqlite.DataSource = dataSource)));
        using var host = builder.Build();

        var failure = await Assert.ThrowsAsync<OptionsValidationException>(() => host.StartAsync(TestContext.Current.CancellationToken));

        Assert.Equal([expected], failure.Failures);
    }

    [Fact]
    public void Limits_AreNamed_WhenOutOfRange()
    {
        var options = new SqliteGrainStorageOptions { DataSource = "grains.db", MaxConcurrentReads = 0, MaxWritesPerCommit = 0 };

        var result = new SqliteGrainStorageOptionsValidator("s").Validate("s", options);

        Assert.Equal(
            [
                "SQLite grain storage 's': MaxConcurrentReads must be from 1 to 64, but is 0.",
                "SQLite grain storage 's': MaxWritesPerCommit must be from 1 to 10000, but is 0.",
            ],
            result.Failures);
    }
}
