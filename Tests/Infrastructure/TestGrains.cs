using System.Reflection;

namespace Realtime.Tests.Infrastructure;

/// <summary>A grain factory that gives what a test has made.</summary>
public class TestGrains : DispatchProxy
{
    private Func<object?, object> _find = null!;

    /// <summary>Makes one.</summary>
    /// <param name="find">Returns the grain of a key.</param>
    public static IGrainFactory From(Func<object?, object> find)
    {
        var factory = Create<IGrainFactory, TestGrains>();
        ((TestGrains)(object)factory)._find = find;
        return factory;
    }

    /// <inheritdoc/>
    protected override object? Invoke(MethodInfo? targetMethod, object?[]? args) =>
        targetMethod!.Name == nameof(IGrainFactory.GetGrain) ? _find(args![0]) : throw new NotSupportedException();
}
