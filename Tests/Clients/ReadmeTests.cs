using System.Text.RegularExpressions;

namespace Realtime.Tests.Clients;

/// <summary>What README.md tells a newcomer to run does what it says.</summary>
public sealed partial class ReadmeTests(DemoSilo silo)
{
    private const string DefaultRegion = "\"dev\"";

    [Fact]
    public async Task Tour_PrintsWhatTheReadmeShows_WhenItRuns()
    {
        var readme = await File.ReadAllTextAsync(Path.Combine(Checkout.Root, "README.md"), TestContext.Current.CancellationToken);
        var tour = Tour().Match(readme);
        Assert.True(tour.Success, "README.md has no tour: a block of js, followed by the block that it prints");
        var program = tour.Groups["program"].Value;
        Assert.Contains(DefaultRegion, program, StringComparison.Ordinal);
        var region = (await silo.AddressAsync()).GetLeftPart(UriPartial.Authority);

        var output = await NodeScript.RunProgramAsync(program.Replace(DefaultRegion, $"\"{region}\"", StringComparison.Ordinal));

        // Sorted, because nobody may rely on the order of `ok` and the sender's own `chan_out`.
        Assert.Equal(Lines(tour.Groups["output"].Value).Order(), Lines(Id().Replace(output, "…")).Order());
    }

    private static string[] Lines(string text) => [.. text.Trim().Split('\n').Select(static line => line.TrimEnd())];

    [GeneratedRegex("```js\n(?<program>.*?)```.*?```\n(?<output>.*?)```", RegexOptions.Singleline)]
    private static partial Regex Tour();

    [GeneratedRegex("[0-9a-f]{32}")]
    private static partial Regex Id();
}
