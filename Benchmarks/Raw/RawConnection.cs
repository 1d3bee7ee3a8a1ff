using System.Buffers;
using System.Text;

namespace Realtime.Benchmarks.Raw;

/// <summary>
/// One client. What is sent while a write is under way gathers in one buffer, and goes with one write. An idle client
/// holds no buffer.
/// </summary>
internal sealed class RawConnection(Stream stream, Rooms rooms)
{
    private const int ReadBytes = 16 * 1024;
    private const int MaxWaitingBytes = 16 * 1024 * 1024;

    private readonly byte[] _sid = Encoding.ASCII.GetBytes(Guid.NewGuid().ToString());
    private readonly List<Room> _joined = [];
    private readonly Lock _lock = new();
    private byte[]? _gathering;
    private int _gathered;
    private bool _isWriting;
    private volatile bool _hasEnded;

    /// <summary>Reads commands until the client goes away.</summary>
    public async Task RunAsync(CancellationToken aborted)
    {
        Add("init"u8, [(byte)'"', .. _sid, (byte)'"'], "\"\""u8);
        Flush();
        try
        {
            await ReadAsync(aborted);
        }
        catch (Exception exception) when (exception is OperationCanceledException or IOException)
        {
            // The client is gone.
        }

        _hasEnded = true;
        foreach (var room in _joined)
        {
            room.Leave(this);
        }
    }

    /// <summary>Sends frames. The bytes are copied before it returns.</summary>
    public void Send(ReadOnlySpan<byte> frames)
    {
        Add(frames);
        Flush();
    }

    /// <summary>Adds frames to what goes with the next write.</summary>
    private void Add(ReadOnlySpan<byte> frames)
    {
        lock (_lock)
        {
            if (_hasEnded)
            {
                return;
            }

            var needed = _gathered + frames.Length;
            if (_gathering is null || _gathering.Length < needed)
            {
                var larger = ArrayPool<byte>.Shared.Rent(_gathering is null ? needed : needed * 2);
                if (_gathering is not null)
                {
                    _gathering.AsSpan(0, _gathered).CopyTo(larger);
                    ArrayPool<byte>.Shared.Return(_gathering);
                }

                _gathering = larger;
            }

            frames.CopyTo(_gathering.AsSpan(_gathered));
            _gathered = needed;
            if (_gathered > MaxWaitingBytes)
            {
                // Reads too slowly. The stream's end ends the read loop.
                _hasEnded = true;
                stream.Dispose();
            }
        }
    }

    private void Add(ReadOnlySpan<byte> type, ReadOnlySpan<byte> data, ReadOnlySpan<byte> channel)
    {
        var frame = new ArrayBufferWriter<byte>();
        Frames.Write(frame, Frames.Text, Messages.Write(_sid, type, data, channel));
        Add(frame.WrittenSpan);
    }

    private void Flush()
    {
        lock (_lock)
        {
            if (_isWriting || _hasEnded)
            {
                return;
            }

            _isWriting = true;
        }

        _ = WriteAsync();
    }

    private async Task WriteAsync()
    {
        try
        {
            while (true)
            {
                byte[] writing;
                int length;
                lock (_lock)
                {
                    if (_gathering is null)
                    {
                        _isWriting = false;
                        return;
                    }

                    (writing, length) = (_gathering, _gathered);
                    (_gathering, _gathered) = (null, 0);
                }

                await stream.WriteAsync(writing.AsMemory(0, length));
                ArrayPool<byte>.Shared.Return(writing);
            }
        }
        catch (Exception exception) when (exception is OperationCanceledException or IOException or ObjectDisposedException)
        {
            _hasEnded = true;
        }
    }

    private async Task ReadAsync(CancellationToken aborted)
    {
        var buffer = Array.Empty<byte>();
        var length = 0;
        while (true)
        {
            if (length == 0)
            {
                // Waits without a buffer.
#pragma warning disable CA2022 // A read of nothing returns when there is something.
                await stream.ReadAsync(Memory<byte>.Empty, aborted);
#pragma warning restore CA2022
                buffer = ArrayPool<byte>.Shared.Rent(ReadBytes);
            }

            var read = await stream.ReadAsync(buffer.AsMemory(length), aborted);
            if (read == 0)
            {
                return;
            }

            length += read;
            var used = Handle(buffer.AsSpan(0, length));
            if (used < 0)
            {
                return;
            }

            buffer.AsSpan(used, length - used).CopyTo(buffer);
            length -= used;
            if (length == 0)
            {
                ArrayPool<byte>.Shared.Return(buffer);
            }
        }
    }

    /// <summary>Runs the commands that were read together; their publications go out together.</summary>
    /// <returns>Bytes that were used; negative after a close frame.</returns>
    private int Handle(Span<byte> bytes)
    {
        var used = 0;
        Room? last = null;
        while (Frames.Read(bytes[used..], out var opcode, out var payload) is var frame and > 0)
        {
            used += frame;
            if (opcode == Frames.Close)
            {
                return -1;
            }

            if (opcode == Frames.Ping)
            {
                var pong = new ArrayBufferWriter<byte>();
                Frames.Write(pong, Frames.Pong, payload);
                Add(pong.WrittenSpan);
            }
            else if (opcode == Frames.Text && Run(payload) is { } room)
            {
                if (room != last)
                {
                    last?.HandRound();
                }

                last = room;
            }
        }

        // What the publisher itself gets of it goes with its other answers.
        last?.HandRound();
        Flush();
        return used;
    }

    /// <returns>The room that was published to, if any.</returns>
    private Room? Run(ReadOnlySpan<byte> json)
    {
        var (type, channel) = Messages.Read(json, out var data);
        if (type == "chan_in")
        {
            var room = rooms.Get(channel);
            room.Publish(Messages.Write(_sid, "chan_out"u8, data, room.Token));
            Add("ok"u8, "\"\""u8, "\"\""u8);
            return room;
        }

        if (type == "join")
        {
            var room = rooms.Get(Encoding.UTF8.GetString(data[1..^1]));
            _joined.Add(room);
            room.Join(this);
            Add("joined"u8, data, room.Token);
        }

        return null;
    }
}
