using Microsoft.Extensions.Options;
using Orleans.Serialization;
using Realtime.Users;

namespace Realtime.Tests.Users;

public sealed class PasswordHasherTests
{
    [Fact]
    public async Task Verify_TellsPasswordsApart_BeyondSeventyTwoBytesAndZeroCharacters()
    {
        using var hasher = New(maxWaiting: 10);
        var prefix = new string('x', 100) + '\0';

        var hash = await hasher.HashAsync(prefix + "a");

        Assert.True(await hasher.VerifyAsync(prefix + "a", hash));
        Assert.False(await hasher.VerifyAsync(prefix + "b", hash));
    }

    [Fact]
    public async Task Verify_SaysNo_WhenThereIsNoHash()
    {
        using var hasher = New(maxWaiting: 10);

        Assert.False(await hasher.VerifyAsync("anything", hash: null));
    }

    [Fact]
    public async Task Hash_IsRefused_WhenTooManyWait()
    {
        using var hasher = New(maxWaiting: 1);

        var hashes = Enumerable.Range(0, Environment.ProcessorCount + 20).Select(_ => hasher.HashAsync("pw")).ToArray();
        await Assert.ThrowsAsync<TemporarilyUnavailableException>(() => Task.WhenAll(hashes));

        Assert.Contains(hashes, static hash => hash.Exception?.InnerException is TemporarilyUnavailableException);
        Assert.True(hashes.Count(static hash => hash.IsCompletedSuccessfully) >= Environment.ProcessorCount + 1);
        Assert.NotEmpty(await hasher.HashAsync("pw"));
    }

    [Theory]
    [InlineData(3, 0, "Realtime:Passwords:WorkFactor must be between 4 and 16 but is 3.")]
    [InlineData(11, -1, "Realtime:Passwords:MaxWaiting must be between 0 and 10000 but is -1.")]
    public void Options_AreRefused_WhenOutOfRange(int workFactor, int maxWaiting, string message)
    {
        var options = new PasswordOptions { WorkFactor = workFactor, MaxWaiting = maxWaiting };

        var result = new PasswordOptionsValidator().Validate(null, options);

        Assert.Equal(message, result.FailureMessage);
    }

    [Fact]
    public void Refusal_KeepsItsType_BetweenProcesses()
    {
        using var services = new ServiceCollection().AddSerializer().BuildServiceProvider();
        var serializer = services.GetRequiredService<Serializer>();

        var bytes = serializer.SerializeToArray<Exception>(new TemporarilyUnavailableException());

        Assert.IsType<TemporarilyUnavailableException>(serializer.Deserialize<Exception>(bytes));
    }

    private static PasswordHasher New(int maxWaiting) =>
        new(Options.Create(new PasswordOptions { WorkFactor = 4, MaxWaiting = maxWaiting }));
}
