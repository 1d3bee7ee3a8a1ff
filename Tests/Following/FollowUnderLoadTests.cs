using Realtime.Tests.Infrastructure;

namespace Realtime.Tests.Following;

/// <summary>
/// Protocol 1.9, "join first, then read": while many write, what followers read and the events they get add up to what there is,
/// also for those whose streams are cut.
/// </summary>
public sealed class FollowUnderLoadTests(RealtimeBackend backend)
{
    [Theory]
    [InlineData("notes_760_")]
    [InlineData("notes_700_")]
    [InlineData("notes_777_")]
    public async Task ReadAndEvents_AddUpToWhatThereIs_ForEachFollower(string repository)
    {
        var database = await backend.CreateDatabaseAsync();
        GatewayProcess[] gateways = [await backend.GatewayAsync(), await backend.OtherGatewayAsync()];

        var violations = await new FollowRun(database, repository, gateways, gateways).RunAsync();

        Assert.Empty(violations);
    }
}
