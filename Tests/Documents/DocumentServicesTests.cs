using Microsoft.Extensions.Options;
using Realtime.Documents;

namespace Realtime.Tests.Documents;

public sealed class DocumentServicesTests
{
    [Theory]
    [InlineData("", 2, "Realtime:DataFolder must name the folder that keeps the documents.")]
    [InlineData("data", 0, "FilterTimeLimit")]
    public void Options_AreRefused_WithTheNameOfTheSetting(string folder, int seconds, string sentence)
    {
        using var services = Services(options =>
        {
            options.DataFolder = folder;
            options.FilterTimeLimit = TimeSpan.FromSeconds(seconds);
        });

        var error = Assert.Throws<OptionsValidationException>(services.GetRequiredService<IStartupValidator>().Validate);

        Assert.Contains(sentence, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Store_IsRegistered_WithDefaultsThatAreValid()
    {
        using var services = Services(null);

        services.GetRequiredService<IStartupValidator>().Validate();

        Assert.IsType<SqliteDocumentStore>(services.GetRequiredService<IDocumentStore>());
    }

    [Theory]
    [InlineData("", 6, "Realtime:Documents:ConnectionString must name the PostgreSQL database that keeps the documents.")]
    [InlineData("Database=x", 6, "Realtime:Documents:ConnectionString must name a Host.")]
    [InlineData("Host=x;Passwd=secret", 6, "Realtime:Documents:ConnectionString is no connection string of Npgsql.")]
    [InlineData("Host=x", 0, "CommitTimeLimit")]
    public void PostgresOptions_AreRefused_WithTheNameOfTheSetting(string connection, int seconds, string sentence)
    {
        using var services = PostgresServices(options =>
        {
            options.ConnectionString = connection;
            options.CommitTimeLimit = TimeSpan.FromSeconds(seconds);
        });

        var error = Assert.Throws<OptionsValidationException>(services.GetRequiredService<IStartupValidator>().Validate);

        Assert.Contains(sentence, error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("secret", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task PostgresStore_IsRegistered_AndStartsBeforeTheOthers()
    {
        await using var services = PostgresServices(options => options.ConnectionString = "Host=x");

        services.GetRequiredService<IStartupValidator>().Validate();

        Assert.IsType<PostgresDocumentStore>(services.GetRequiredService<IDocumentStore>());
        Assert.IsType<IHostedLifecycleService>(Assert.Single(services.GetServices<IHostedService>()), exactMatch: false);
    }

    private static ServiceProvider PostgresServices(Action<PostgresOptions> configure) =>
        new ServiceCollection().AddLogging().AddPostgresDocumentStore(configure).BuildServiceProvider();

    private static ServiceProvider Services(Action<DocumentOptions>? configure) =>
        new ServiceCollection().AddLogging().AddSqliteDocumentStore(configure).BuildServiceProvider();
}
