using System.Reflection;
using Realtime.Tenants;
using Realtime.Tests.Infrastructure;

namespace Realtime.Tests.Sessions;

/// <summary>Protocol 1.9: a client that comes back doesn't begin anew because something can't be told just now.</summary>
public sealed class ReturnInDoubtTests(RealtimeBackend backend)
{
    [Fact]
    public async Task Client_IsAskedToComeBackOnceMore_WhenItsKeyCannotBeLookedUp()
    {
        var cluster = await backend.ClientAsync();
        await using var gateway = await GatewayProcess.StartAsync(cluster, AbsentGrains.Once(cluster, typeof(IDatabaseGrain)));
        var database = await backend.CreateDatabaseAsync();
        await using var client = Assert.IsType<SseClient>(await database.ConnectMemberAsync(Transport.ServerSentEvents, "room"));
        await client.DisposeAsync();

        await using var undecided = await client.ReconnectAsync(gateway);
        await undecided.ExpectEndAsync();
        await using var back = await undecided.ReconnectAsync();

        await back.ExpectNothingAsync();
    }

    /// <summary>Grains of which some can't be reached once.</summary>
    public class AbsentGrains : DispatchProxy
    {
        private IGrainFactory _grains = null!;
        private Type? _absent;

        /// <summary>Makes them.</summary>
        /// <param name="grains">All grains.</param>
        /// <param name="absent">The interface of those.</param>
        public static IGrainFactory Once(IGrainFactory grains, Type absent)
        {
            var factory = Create<IGrainFactory, AbsentGrains>();
            var self = (AbsentGrains)(object)factory;
            (self._grains, self._absent) = (grains, absent);
            return factory;
        }

        /// <inheritdoc/>
        protected override object? Invoke(MethodInfo? targetMethod, object?[]? args)
        {
            if (targetMethod!.IsGenericMethod && targetMethod.GetGenericArguments()[0] == _absent)
            {
                _absent = null;
                throw new TimeoutException("It can't be reached.");
            }

            return targetMethod.Invoke(_grains, args);
        }
    }
}
