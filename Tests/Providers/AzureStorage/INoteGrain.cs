namespace Realtime.Tests.Providers.AzureStorage;

/// <summary>Keeps a text in a table and another in a blob.</summary>
[Alias("Realtime.Tests.Providers.AzureStorage.INoteGrain")]
public interface INoteGrain : IGrainWithStringKey
{
    [Alias("WriteAsync")]
    Task WriteAsync(string text, string largeText);

    [Alias("ReadAsync")]
    Task<(string Text, string LargeText, SiloAddress Silo)> ReadAsync();
}
