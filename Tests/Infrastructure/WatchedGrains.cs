using System.Reflection;

namespace Realtime.Tests.Infrastructure;

/// <summary>Grains of a cluster, of which a test hears who is looked for.</summary>
public class WatchedGrains : DispatchProxy
{
    private IGrainFactory _grains = null!;
    private Action<Type> _looked = null!;

    /// <summary>Makes them.</summary>
    /// <param name="grains">All grains.</param>
    /// <param name="looked">Told the interface of each that is looked for by its interface; what it throws, whoever looks gets.</param>
    public static IGrainFactory Of(IGrainFactory grains, Action<Type> looked)
    {
        var factory = Create<IGrainFactory, WatchedGrains>();
        var self = (WatchedGrains)(object)factory;
        (self._grains, self._looked) = (grains, looked);
        return factory;
    }

    /// <inheritdoc/>
    protected override object? Invoke(MethodInfo? targetMethod, object?[]? args)
    {
        if (targetMethod!.IsGenericMethod)
        {
            _looked(targetMethod.GetGenericArguments()[0]);
        }

        return targetMethod.Invoke(_grains, args);
    }
}
