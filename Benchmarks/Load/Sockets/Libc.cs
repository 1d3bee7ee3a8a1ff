using System.Runtime.InteropServices;

namespace Realtime.Benchmarks.Load.Sockets;

/// <summary>
/// The system calls of an event loop. .NET's own sockets dispatch every readiness through the thread pool; a generator
/// that shares two cores with the server it measures can't afford that.
/// </summary>
internal static unsafe partial class Libc
{
    public const int InterNetwork = 2;
    public const int NonBlockingStream = 1 | 0x800 | 0x80000;
    public const int TcpLevel = 6;
    public const int NoDelay = 1;
    public const int SocketLevel = 1;
    public const int SocketError = 4;
    public const int NoSignal = 0x4000;
    public const int CloseOnExec = 0x80000;
    public const int Interrupted = 4;
    public const int TryAgain = 11;
    public const int InProgress = 115;

    private const string Library = "libc";

    [LibraryImport(Library, EntryPoint = "socket", SetLastError = true)]
    public static partial int Socket(int domain, int type, int protocol);

    [LibraryImport(Library, EntryPoint = "connect", SetLastError = true)]
    public static partial int Connect(int socket, byte* address, int length);

    [LibraryImport(Library, EntryPoint = "setsockopt", SetLastError = true)]
    public static partial int SetOption(int socket, int level, int name, int* value, int length);

    [LibraryImport(Library, EntryPoint = "getsockopt", SetLastError = true)]
    public static partial int GetOption(int socket, int level, int name, int* value, int* length);

    [LibraryImport(Library, EntryPoint = "send", SetLastError = true)]
    public static partial nint Send(int socket, byte* bytes, nint length, int flags);

    [LibraryImport(Library, EntryPoint = "recv", SetLastError = true)]
    public static partial nint Receive(int socket, byte* bytes, nint length, int flags);

    [LibraryImport(Library, EntryPoint = "close", SetLastError = true)]
    public static partial int Close(int file);

    [LibraryImport(Library, EntryPoint = "epoll_create1", SetLastError = true)]
    public static partial int CreatePoll(int flags);

    [LibraryImport(Library, EntryPoint = "epoll_ctl", SetLastError = true)]
    public static partial int ControlPoll(int poll, int operation, int file, byte* @event);

    [LibraryImport(Library, EntryPoint = "epoll_pwait2", SetLastError = true)]
    public static partial int WaitPoll(int poll, byte* events, int maxEvents, long* timeout, nint signalMask);
}
