using Realtime.Tests.Cluster;
using Realtime.Tests.Documents;

namespace Realtime.Tests.Following;

/// <summary>The same where silos and gateways are processes, documents are in PostgreSQL, and all writes go to one gateway.</summary>
public sealed class FollowInClusterTests(FollowInClusterTests.FourProcesses shared) : IClassFixture<FollowInClusterTests.FourProcesses>
{
    [Theory]
    [InlineData("notes_760_")]
    [InlineData("notes_777_")]
    public async Task ReadAndEvents_AddUpToWhatThereIs_WhenTheWritersGatewayIsAnother(string repository)
    {
        var database = await shared.CreateDatabaseAsync();

        var violations = await new FollowRun(database, repository, [shared.First], [shared.Second]).RunAsync();

        Assert.Empty(violations);
    }

    [Fact]
    public async Task ReadAndEvents_AddUpToWhatThereIs_WhenFollowersComeBackElsewhere()
    {
        var database = await shared.CreateDatabaseAsync();

        var violations = await new FollowRun(database, "notes_700_", [shared.First], [shared.Second, shared.First]).RunAsync();

        Assert.Empty(violations);
    }

    /// <summary>The cluster of this class.</summary>
    public sealed class FourProcesses(PostgresServer postgres) : SharedCluster(postgres, silos: 2);
}
