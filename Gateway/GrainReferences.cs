namespace Realtime.Gateway;

/// <summary>
/// References to grains of one kind. To make one by its interface alone, Orleans (10.4) reads the interface's attributes every
/// time, which is a good part of the cost of a short request.
/// </summary>
/// <typeparam name="T">The grains' interface.</typeparam>
/// <param name="grains">Where they come from.</param>
internal sealed class GrainReferences<T>(IGrainFactory grains)
    where T : class, IGrainWithStringKey
{
    private GrainReference? _sample;

    /// <summary>The grain of a key.</summary>
    /// <param name="key">The key.</param>
    public T Get(string key)
    {
        if (_sample is { } sample)
        {
            return (T)grains.GetGrain(GrainId.Create(sample.GrainId.Type, key), sample.InterfaceType);
        }

        var grain = grains.GetGrain<T>(key);
        _sample = grain as GrainReference;
        return grain;
    }
}
