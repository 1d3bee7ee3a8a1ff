using Realtime.Tests.Chaos.Faults;
using Realtime.Tests.Chaos.History;

namespace Realtime.Tests.Chaos;

/// <summary>Who began anew is counted with the fault, and is a broken promise unless two processes were lost.</summary>
public sealed class SessionKeepingTests
{
    private readonly FaultLog _faults = new(new Timeline(new RunClock()));

    [Fact]
    public void Check_FindsABeginning_WhenOneProcessWasLost()
    {
        _faults.Begin(FaultKind.KillGateway, "gateway-4");
        _faults.CountReturn("one-1", "gateway-5", TimeSpan.FromSeconds(2));
        Assert.Empty(SessionKeeping.Check(_faults.All));

        _faults.CountInit("one-3", "gateway-5", TimeSpan.FromSeconds(2));

        Assert.Equal(Promise.SessionsKept, Assert.Single(SessionKeeping.Check(_faults.All)).Promise);
    }

    [Fact]
    public void Check_AllowsABeginning_WhenTwoProcessesWereLostOrTheWindowWasOver()
    {
        _faults.Begin(FaultKind.KillGatewayAndSilo, "gateway-4");
        _faults.CountInit("one-1", "gateway-5", TimeSpan.FromSeconds(2));
        _faults.Begin(FaultKind.KillGateway, "gateway-4");
        _faults.CountInit("one-3", "gateway-5", TimeSpan.FromSeconds(70));

        Assert.Empty(SessionKeeping.Check(_faults.All));
    }
}
