using System.Buffers;
using System.Collections.Immutable;
using System.Text.Json;

namespace Realtime.Benchmarks.Raw;

/// <summary>
/// Members who get every frame. One caller at a time hands frames round; what is published meanwhile gathers in one
/// buffer and goes to each member at once.
/// </summary>
internal sealed class Room(string name)
{
    private readonly Lock _lock = new();
    private ImmutableArray<RawConnection> _members = [];
    private ArrayBufferWriter<byte> _gathering = new();
    private ArrayBufferWriter<byte> _handing = new();
    private bool _isHanding;

    /// <summary>Its name as a JSON string.</summary>
    public byte[] Token { get; } = JsonSerializer.SerializeToUtf8Bytes(name);

    /// <summary>Adds a member.</summary>
    public void Join(RawConnection member)
    {
        lock (_lock)
        {
            _members = _members.Contains(member) ? _members : _members.Add(member);
        }
    }

    /// <summary>Removes a member.</summary>
    public void Leave(RawConnection member)
    {
        lock (_lock)
        {
            _members = _members.Remove(member);
        }
    }

    /// <summary>Adds a message to what goes to the members with <see cref="HandRound"/>.</summary>
    public void Publish(ReadOnlySpan<byte> message)
    {
        lock (_lock)
        {
            Frames.Write(_gathering, Frames.Text, message);
        }
    }

    /// <summary>Gives the members what was published.</summary>
    public void HandRound()
    {
        while (true)
        {
            ImmutableArray<RawConnection> members;
            lock (_lock)
            {
                if (_isHanding || _gathering.WrittenCount == 0)
                {
                    return;
                }

                _isHanding = true;
                (_gathering, _handing) = (_handing, _gathering);
                members = _members;
            }

            foreach (var member in members)
            {
                member.Send(_handing.WrittenSpan);
            }

            lock (_lock)
            {
                _handing.ResetWrittenCount();
                _isHanding = false;
            }
        }
    }
}
