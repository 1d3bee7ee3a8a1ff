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

    private static ServiceProvider Services(Action<DocumentOptions>? configure) =>
        new ServiceCollection().AddLogging().AddSqliteDocumentStore(configure).BuildServiceProvider();
}
