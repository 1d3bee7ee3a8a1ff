using System.Reflection;
using Microsoft.Extensions.Time.Testing;
using Orleans.Serialization.Invocation;
using Realtime.Documents;
using Realtime.Gateway.Hosting;

namespace Realtime.Tests.Gateways;

/// <summary>Which calls are made again while the cluster repairs itself.</summary>
public sealed class RepeatedCallsTests
{
    private const string Read = nameof(IRepositoryGrain.GetAsync);
    private const string Write = nameof(IRepositoryGrain.IncrementAsync);

    private readonly FakeTimeProvider _time = new() { AutoAdvanceAmount = TimeSpan.FromMilliseconds(100) };

    [Theory]
    [InlineData(Read)]
    [InlineData(Write)]
    public async Task Call_IsMadeAgain_WhenItWasRejected(string method)
    {
        var call = new Call(method, Rejection(), Rejection());

        await RunAsync(call);

        Assert.Equal(3, call.Attempts);
    }

    [Fact]
    public async Task Call_IsMadeAgain_WhenItIsRepeatableAndItsSiloWasLost()
    {
        var call = new Call(Read, new SiloUnavailableException(), new TimeoutException());

        await RunAsync(call);

        Assert.Equal(3, call.Attempts);
    }

    [Theory]
    [InlineData(typeof(SiloUnavailableException))]
    [InlineData(typeof(TimeoutException))]
    public async Task Call_IsMadeOnce_WhenItMayHaveBeenRun(Type failure)
    {
        var call = new Call(Write, (Exception)Activator.CreateInstance(failure)!);

        await Assert.ThrowsAsync(failure, () => RunAsync(call));

        Assert.Equal(1, call.Attempts);
    }

    [Fact]
    public async Task Call_IsMadeAgain_WhenItIsRepeatableAndWaitedTooLongForAPlace()
    {
        var call = new Call(Read, new OperationCanceledException("Message expired"));

        await RunAsync(call);

        Assert.Equal(2, call.Attempts);
    }

    [Fact]
    public async Task Call_HasTimedOut_WhenItWaitedTooLongForAPlace()
    {
        var call = new Call(Write, new OperationCanceledException("Message expired"));

        await Assert.ThrowsAsync<TimeoutException>(() => RunAsync(call));

        Assert.Equal(1, call.Attempts);
    }

    [Fact]
    public async Task Call_IsMadeOnce_WhenTheGrainHasFailed()
    {
        var call = new Call(Read, new InvalidOperationException());

        await Assert.ThrowsAsync<InvalidOperationException>(() => RunAsync(call));

        Assert.Equal(1, call.Attempts);
    }

    [Fact]
    public async Task Call_IsMadeOnce_WhenItIsForAClient()
    {
        var call = new Call(Read, Rejection()) { TargetId = GrainId.Create("sys.client", "hosted-1") };

        await Assert.ThrowsAsync<OrleansMessageRejectionException>(() => RunAsync(call));

        Assert.Equal(1, call.Attempts);
    }

    [Fact]
    public async Task Call_IsGivenUp_WhenItIsRejectedForTooLong()
    {
        var call = new Call(Write, [.. Enumerable.Repeat(Rejection(), 1000)]);

        await Assert.ThrowsAsync<OrleansMessageRejectionException>(() => RunAsync(call));

        Assert.InRange(call.Attempts, 5, 100);
    }

    private static Exception Rejection() => (Exception)Activator.CreateInstance(
        typeof(OrleansMessageRejectionException), BindingFlags.NonPublic | BindingFlags.Instance, null, ["rejected"], null)!;

    [Theory]
    [InlineData(typeof(SiloUnavailableException))]
    [InlineData(typeof(TimeoutException))]
    public async Task GrainsCall_IsMadeOnce_WhenItMayHaveBeenRun(Type failure)
    {
        var call = new Call(Read, (Exception)Activator.CreateInstance(failure)!);

        await Assert.ThrowsAsync(failure, () => RunAsync(call, isGateway: false));

        Assert.Equal(1, call.Attempts);
    }

    [Fact]
    public async Task GrainsCall_LeavesItsCallerUncertain_WhenItIsRejectedForTooLong()
    {
        var call = new Call(Write, [.. Enumerable.Repeat(Rejection(), 1000)]);

        // As a rejection it would tell the caller of the grain that the grain had done nothing.
        await Assert.ThrowsAsync<TimeoutException>(() => RunAsync(call, isGateway: false));
    }

    private async Task RunAsync(Call call, bool isGateway = true)
    {
        var running = new RepeatedCalls(_time, isGateway).Invoke(call);
        while (!running.IsCompleted)
        {
            _time.Advance(TimeSpan.FromMilliseconds(100));
            await Task.Yield();
        }

        await running;
    }

    /// <summary>A call that fails in given ways, and then succeeds.</summary>
    private sealed class Call(string method, params Exception[] failures) : IOutgoingGrainCallContext
    {
        public int Attempts { get; private set; }

        public GrainId TargetId { get; init; } = GrainId.Create("repository", "key");

        public MethodInfo InterfaceMethod { get; } = typeof(IRepositoryGrain).GetMethod(method)!;

        public string InterfaceName => nameof(IRepositoryGrain);

        public string MethodName => method;

        public IGrainContext? SourceContext => null;

        public GrainId? SourceId => null;

        public GrainInterfaceType InterfaceType => default;

        public IInvokable Request => throw new NotSupportedException();

        public object Grain => throw new NotSupportedException();

        public object? Result { get; set; }

        public Response? Response { get; set; }

        public Task Invoke() => Attempts++ < failures.Length ? Task.FromException(failures[Attempts - 1]) : Task.CompletedTask;
    }
}
