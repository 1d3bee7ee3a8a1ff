using Realtime.Sessions;

namespace Realtime.Gateway.Sessions;

/// <summary>
/// Sessions that this gateway has given away lately: who asked may not have got the answer, and asks again. Bounded in time and bytes;
/// the oldest make room.
/// </summary>
internal sealed class GivenSessions(TimeProvider time)
{
    /// <summary>How long an answer can be asked for again.</summary>
    public static readonly TimeSpan Memory = TimeSpan.FromSeconds(20);

    /// <summary>Bytes of all answers that are kept, about.</summary>
    public const long MaxBytes = 16 * 1024 * 1024;

    private readonly Dictionary<Guid, (long Number, SessionRecord Record)> _given = [];
    private readonly Queue<(Guid Sid, long Number, long At)> _inOrder = new();
    private readonly Lock _lock = new();
    private long _lastNumber;
    private long _bytes;

    /// <summary>Number of those that are kept.</summary>
    public int Count
    {
        get
        {
            lock (_lock)
            {
                return _given.Count;
            }
        }
    }

    /// <summary>Keeps an answer, in place of an earlier one of the same session.</summary>
    public void Add(Guid sid, SessionRecord record)
    {
        lock (_lock)
        {
            if (_given.Remove(sid, out var former))
            {
                _bytes -= former.Record.SizeInBytes;
            }

            _given.Add(sid, (++_lastNumber, record));
            _inOrder.Enqueue((sid, _lastNumber, time.GetTimestamp()));
            _bytes += record.SizeInBytes;
            Trim();
        }
    }

    /// <summary>The answer that was given; null if there was none lately.</summary>
    public SessionRecord? Find(Guid sid)
    {
        lock (_lock)
        {
            Trim();
            return _given.GetValueOrDefault(sid).Record;
        }
    }

    /// <summary>Forgets what is too old.</summary>
    public void ForgetOld()
    {
        lock (_lock)
        {
            Trim();
        }
    }

    private void Trim()
    {
        while (_inOrder.TryPeek(out var oldest) && (_bytes > MaxBytes || time.GetElapsedTime(oldest.At) > Memory))
        {
            _inOrder.Dequeue();
            if (_given.TryGetValue(oldest.Sid, out var given) && given.Number == oldest.Number)
            {
                _given.Remove(oldest.Sid);
                _bytes -= given.Record.SizeInBytes;
            }
        }
    }
}
