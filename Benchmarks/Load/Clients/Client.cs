using System.Buffers;
using Realtime.Benchmarks.Load.Dialects;
using Realtime.Benchmarks.Load.Sockets;

namespace Realtime.Benchmarks.Load.Clients;

/// <summary>One connection: its socket, what is half read and half written, and what it has seen. Used by one thread.</summary>
internal sealed class Client(int id, Dialect dialect, ClientRole role, int publishers)
{
    private byte[]? _rest;
    private int _restLength;
    private byte[]? _out;
    private int _outLength;

    /// <summary>Its number in its reactor.</summary>
    public int Id => id;

    /// <summary>How its server talks.</summary>
    public Dialect Dialect => dialect;

    /// <summary>What it is there for.</summary>
    public ClientRole Role => role;

    /// <summary>Number of its channel.</summary>
    public uint Channel { get; } = (uint)role.Channel;

    /// <summary>How far it has come.</summary>
    public ClientState State { get; set; }

    /// <summary>When it began to connect, in ticks of the clock.</summary>
    public long Started { get; set; }

    /// <summary>When it was ready, in ticks of the clock.</summary>
    public long Readied { get; set; }

    /// <summary>Its socket.</summary>
    public TcpSocket Socket { get; set; }

    /// <summary>What it has got of each publisher of its channel.</summary>
    public SeenNumbers[] Seen { get; } = new SeenNumbers[Math.Max(1, publishers)];

    /// <summary>Where it stands in a chunked body.</summary>
    public ChunkPosition Chunk;

    /// <summary>What it publishes, if it does.</summary>
    public Publication? Publication { get; set; }

    /// <summary>Steps that its dialect has counted.</summary>
    public int Step { get; set; }

    /// <summary>Whether bytes wait to be sent.</summary>
    public bool HasOutput => _outLength > 0;

    /// <summary>Whether its reactor will flush it.</summary>
    public bool IsDirty { get; set; }

    /// <summary>Whether the poller looks for room to write.</summary>
    public bool AwaitsRoom { get; set; }

    /// <summary>Puts what was left of the last read before what comes.</summary>
    /// <returns>How much that is.</returns>
    public int TakeRest(Span<byte> target)
    {
        _rest.AsSpan(0, _restLength).CopyTo(target);
        return _restLength;
    }

    /// <summary>Keeps what isn't complete.</summary>
    public void KeepRest(ReadOnlySpan<byte> rest)
    {
        _restLength = rest.Length;
        if (rest.IsEmpty)
        {
            if (_rest is not null)
            {
                ArrayPool<byte>.Shared.Return(_rest);
                _rest = null;
            }

            return;
        }

        if (_rest is null || _rest.Length < rest.Length)
        {
            _rest = ArrayPool<byte>.Shared.Rent(rest.Length);
        }

        rest.CopyTo(_rest);
    }

    /// <summary>Adds to what is sent with the next <see cref="TrySend"/>.</summary>
    public void Write(ReadOnlySpan<byte> bytes)
    {
        if (_out is null || _out.Length < _outLength + bytes.Length)
        {
            Array.Resize(ref _out, Math.Max(256, (_outLength + bytes.Length) * 2));
        }

        bytes.CopyTo(_out.AsSpan(_outLength));
        _outLength += bytes.Length;
    }

    /// <summary>Sends what fits; the rest waits.</summary>
    /// <returns>False if the connection is lost.</returns>
    public bool TrySend()
    {
        var sent = Socket.Send(_out.AsSpan(0, _outLength));
        if (sent < 0)
        {
            return false;
        }

        _out.AsSpan(sent, _outLength - sent).CopyTo(_out);
        _outLength -= sent;
        return true;
    }
}
