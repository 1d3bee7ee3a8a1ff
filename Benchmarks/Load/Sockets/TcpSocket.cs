using System.Buffers.Binary;
using System.ComponentModel;
using System.Net;
using System.Runtime.InteropServices;

namespace Realtime.Benchmarks.Load.Sockets;

/// <summary>A non-blocking socket.</summary>
internal readonly unsafe struct TcpSocket
{
    private TcpSocket(int handle) => Handle = handle;

    /// <summary>Its file number.</summary>
    public int Handle { get; }

    /// <summary>Begins a connection; it is made when the socket becomes writable and <see cref="GetError"/> is 0.</summary>
    /// <exception cref="Win32Exception">It is refused at once, or there are too many files.</exception>
    public static TcpSocket Connect(IPAddress address, int port)
    {
        var handle = Libc.Socket(Libc.InterNetwork, Libc.NonBlockingStream, 0);
        if (handle < 0)
        {
            throw new Win32Exception(Marshal.GetLastPInvokeError());
        }

        var yes = 1;
        _ = Libc.SetOption(handle, Libc.TcpLevel, Libc.NoDelay, &yes, sizeof(int));

        // sockaddr_in: family, port in network order, address, padding.
        var target = stackalloc byte[16];
        *(ushort*)target = Libc.InterNetwork;
        BinaryPrimitives.WriteUInt16BigEndian(new Span<byte>(target + 2, 2), (ushort)port);
        address.TryWriteBytes(new Span<byte>(target + 4, 4), out _);
        if (Libc.Connect(handle, target, 16) < 0 && Marshal.GetLastPInvokeError() is var error and not Libc.InProgress)
        {
            _ = Libc.Close(handle);
            throw new Win32Exception(error);
        }

        return new TcpSocket(handle);
    }

    /// <summary>Why the connection couldn't be made; 0 if it was.</summary>
    public int GetError()
    {
        int error, length = sizeof(int);
        return Libc.GetOption(Handle, Libc.SocketLevel, Libc.SocketError, &error, &length) < 0 ? Marshal.GetLastPInvokeError() : error;
    }

    /// <summary>Sends what fits.</summary>
    /// <returns>Bytes that were taken; negative if the connection is lost.</returns>
    public int Send(ReadOnlySpan<byte> bytes)
    {
        fixed (byte* first = bytes)
        {
            var sent = (int)Libc.Send(Handle, first, bytes.Length, Libc.NoSignal);
            return sent < 0 && Marshal.GetLastPInvokeError() == Libc.TryAgain ? 0 : sent;
        }
    }

    /// <summary>Receives what is there.</summary>
    /// <returns>Bytes; 0 at the end; negative if the connection is lost or nothing is there (<paramref name="isLost"/> tells).</returns>
    public int Receive(Span<byte> bytes, out bool isLost)
    {
        fixed (byte* first = bytes)
        {
            var received = (int)Libc.Receive(Handle, first, bytes.Length, 0);
            isLost = received == 0 || (received < 0 && Marshal.GetLastPInvokeError() is not (Libc.TryAgain or Libc.Interrupted));
            return received;
        }
    }

    /// <summary>Closes it.</summary>
    public void Close() => _ = Libc.Close(Handle);
}
