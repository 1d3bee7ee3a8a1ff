using System.Collections.Concurrent;
using System.Reflection;

namespace Realtime.Gateway.Hosting;

/// <summary>
/// Calls grains again while the cluster repairs itself: calls that were rejected, which means that they weren't run, and
/// in a gateway process calls marked <see cref="RepeatableAttribute"/> also when nobody knows whether they were.
/// </summary>
/// <remarks>
/// A rejection that a grain meets leaves it as a <see cref="TimeoutException"/>: passed on as it is, it would tell the
/// grain's caller that nothing was done.
/// </remarks>
/// <param name="time">The clock.</param>
/// <param name="isGateway">
/// False in a silo: there the arguments of a call that has run in the same process are gone, so it can't be made again.
/// </param>
internal sealed class RepeatedCalls(TimeProvider time, bool isGateway) : IOutgoingGrainCallFilter
{
    // A lost silo is declared dead within two seconds or so.
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(3);

    // Reads and creates have limits of 3 to 10 s, and only a lost silo lets them run into those. What may take even longer is hashing,
    // which would only have more to do.
    private static readonly TimeSpan LongestTimeout = TimeSpan.FromSeconds(12);

    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan LongestPause = TimeSpan.FromMilliseconds(300);

    private static readonly ConcurrentDictionary<MethodInfo, bool> Repeatable = new();

    /// <inheritdoc/>
    public async Task Invoke(IOutgoingGrainCallContext context)
    {
        var started = time.GetTimestamp();
        var (failed, pause) = (started, FirstPause);
        while (true)
        {
            try
            {
                await context.Invoke();
                return;
            }
            catch (Exception exception) when (MayRepeat(context, exception, time.GetElapsedTime(started)))
            {
                if (failed == started)
                {
                    failed = time.GetTimestamp();
                }

                if (time.GetElapsedTime(failed) > Limit)
                {
                    if (exception is OperationCanceledException || (exception is OrleansMessageRejectionException && !isGateway))
                    {
                        throw NotReached(context, exception);
                    }

                    throw;
                }
            }
            catch (OperationCanceledException exception)
            {
                // No call of ours is cancelled by its caller: it waited too long for a place in the cluster.
                throw NotReached(context, exception);
            }

            await Task.Delay(pause * (0.5 + Random.Shared.NextDouble()), time);
            pause = pause * 2 < LongestPause ? pause * 2 : LongestPause;
        }
    }

    private static TimeoutException NotReached(IOutgoingGrainCallContext context, Exception exception) =>
        new($"{context.InterfaceName}.{context.MethodName} could not be reached.", exception);

    private bool MayRepeat(IOutgoingGrainCallContext context, Exception exception, TimeSpan elapsed) =>

        // A client that doesn't answer is given up by those who know why it should have.
        !context.TargetId.IsClient()
        && exception switch
        {
            // A silo was lost while it had the call; this exception is a rejection by its type only.
            SiloUnavailableException => isGateway && IsRepeatable(context),
            OrleansMessageRejectionException or GatewayTooBusyException => true,
            TimeoutException or OperationCanceledException => isGateway && elapsed < LongestTimeout && IsRepeatable(context),
            _ => false,
        };

    private static bool IsRepeatable(IOutgoingGrainCallContext context) => Repeatable.GetOrAdd(
        context.InterfaceMethod, static method => method.IsDefined(typeof(RepeatableAttribute), inherit: false));
}
