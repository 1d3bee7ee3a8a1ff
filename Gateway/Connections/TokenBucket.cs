namespace Realtime.Gateway.Connections;

/// <summary>
/// A rate with a burst. The library's rate limiters cost an object and a queue per connection; this is two numbers.
/// Not safe for concurrent use.
/// </summary>
internal struct TokenBucket(double burst, double perSecond, TimeProvider time)
{
    // Negative until first used: then the bucket is full.
    private double _tokens = -1;
    private long _last;

    /// <summary>Takes one token; false if there is none.</summary>
    public bool TryTake()
    {
        var now = time.GetTimestamp();
        _tokens = _tokens < 0 ? burst : Math.Min(burst, _tokens + (time.GetElapsedTime(_last, now).TotalSeconds * perSecond));
        _last = now;
        if (_tokens < 1)
        {
            return false;
        }

        _tokens -= 1;
        return true;
    }
}
