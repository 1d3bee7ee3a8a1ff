using System.ComponentModel;
using System.Diagnostics;
using System.Runtime.InteropServices;

namespace Realtime.Benchmarks.Load.Sockets;

/// <summary>Waits for sockets of one thread (epoll, level-triggered). Needs Linux 5.11 or later.</summary>
internal sealed unsafe class Poller : IDisposable
{
    /// <summary>Something can be read, or the peer has ended.</summary>
    public const uint Readable = 1;

    /// <summary>Something can be written, or the connection is made.</summary>
    public const uint Writable = 4;

    private const int MaxEvents = 256;
    private const int Add = 1;
    private const int Remove = 2;
    private const int Change = 3;

    // The event is packed on x64 only.
    private static readonly int DataOffset = RuntimeInformation.ProcessArchitecture == Architecture.X64 ? 4 : 8;
    private static readonly int EventSize = DataOffset + 8;

    private readonly int _poll = Check(Libc.CreatePoll(Libc.CloseOnExec));
    private readonly byte[] _events = new byte[MaxEvents * EventSize];

    /// <summary>Begins to watch a socket.</summary>
    public void Watch(int socket, int id, uint events) => Control(Add, socket, id, events);

    /// <summary>Watches it for something else.</summary>
    public void Rewatch(int socket, int id, uint events) => Control(Change, socket, id, events);

    /// <summary>Watches it no more.</summary>
    public void Unwatch(int socket) => Control(Remove, socket, 0, 0);

    /// <summary>Waits for sockets.</summary>
    /// <param name="timeout">In ticks of <see cref="Stopwatch"/>; not at all if not positive.</param>
    /// <returns>How many <see cref="this"/> tells of.</returns>
    public int Wait(long timeout)
    {
        var nanoseconds = Math.Max(0, timeout) * (1_000_000_000 / Stopwatch.Frequency);
        var time = stackalloc long[2] { nanoseconds / 1_000_000_000, nanoseconds % 1_000_000_000 };
        fixed (byte* events = _events)
        {
            var count = Libc.WaitPoll(_poll, events, MaxEvents, time, 0);
            return count < 0 && Marshal.GetLastPInvokeError() == Libc.Interrupted ? 0 : Check(count);
        }
    }

    /// <summary>One of the sockets that the last wait found.</summary>
    public (int Id, uint Events) this[int index]
    {
        get
        {
            var found = _events.AsSpan(index * EventSize, EventSize);
            return (MemoryMarshal.Read<int>(found[DataOffset..]), MemoryMarshal.Read<uint>(found));
        }
    }

    public void Dispose() => _ = Libc.Close(_poll);

    private static int Check(int result) => result < 0 ? throw new Win32Exception(Marshal.GetLastPInvokeError()) : result;

    private void Control(int operation, int socket, int id, uint events)
    {
        var wanted = stackalloc byte[EventSize];
        *(uint*)wanted = events;
        *(long*)(wanted + DataOffset) = id;
        _ = Check(Libc.ControlPoll(_poll, operation, socket, wanted));
    }
}
