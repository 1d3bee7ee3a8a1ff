using Realtime.Gateway.Protocol;

namespace Realtime.Gateway.Connections;

/// <content>What its client asks for: one command at a time, so many and so much of them, and publications under way.</content>
internal sealed partial class Connection
{
    // About what a waiting command holds beside its bytes.
    private const int CommandOverhead = 1024;

    private static readonly OutboundMessage NotSent = MessageEncoder.Error(ErrorTexts.UnableToSend);

    private readonly SemaphoreSlim _turn = new(1, 1);
    private readonly SemaphoreSlim _publications;
    private readonly long _maxQueuedBytes;
    private readonly int _maxPublications;
    private long _queuedBytes;
    private Action<bool>? _publicationAnswered;
    private string _lastChannel = "";
    private TokenBucket _commands;

    /// <summary>Waits until no other command of this connection is under way.</summary>
    public async ValueTask<Turn> EnterAsync(CancellationToken cancellationToken)
    {
        await _turn.WaitAsync(cancellationToken);
        return new Turn(_turn);
    }

    /// <summary>The right to run a command now, if no other is under way.</summary>
    public Turn? TryEnter() => _turn.Wait(0) ? new Turn(_turn) : null;

    /// <summary>Takes room for a command that has to wait for its turn; false if too much waits.</summary>
    /// <param name="length">Length of the command in bytes.</param>
    public bool TryQueueCommand(int length)
    {
        if (Interlocked.Add(ref _queuedBytes, length + CommandOverhead) <= _maxQueuedBytes)
        {
            return true;
        }

        LeaveQueue(length);
        return false;
    }

    /// <summary>Gives the room back.</summary>
    public void LeaveQueue(int length) => Interlocked.Add(ref _queuedBytes, -(length + CommandOverhead));

    /// <summary>Reads the name of a channel; who publishes says the same one again and again. Call within a turn.</summary>
    /// <param name="token">A JSON string.</param>
    /// <param name="name">The name.</param>
    /// <returns>See <see cref="JsonStringToken.TryRead"/>.</returns>
    public bool TryReadChannel(ReadOnlyMemory<byte> token, out string name)
    {
        name = _lastChannel;
        if (JsonStringToken.IsLiterally(token.Span, name))
        {
            return true;
        }

        var isText = JsonStringToken.TryRead(token, out name);
        _lastChannel = name;
        return isText;
    }

    /// <summary>Counts a command against the connection's rate; false if it is too fast. Call within a turn.</summary>
    public bool TryTakeCommand() => _commands.TryTake();

    /// <summary>Waits until another publication may be under way.</summary>
    public Task BeginPublicationAsync(CancellationToken cancellationToken) => _publications.WaitAsync(cancellationToken);

    /// <summary>States whether a publication has been accepted, and answers its sender. One object for all publications.</summary>
    public Action<bool> PublicationAnswered => _publicationAnswered ??= EndPublication;

    private void EndPublication(bool isAccepted)
    {
        Send(isAccepted ? MessageEncoder.Ok : NotSent);
        _publications.Release();
    }

    /// <summary>Waits until all publications have been answered.</summary>
    /// <returns>False if that takes too long.</returns>
    public async Task<bool> FinishPublicationsAsync(TimeSpan patience)
    {
        for (var i = 0; i < _maxPublications; i++)
        {
            if (!await _publications.WaitAsync(patience))
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>The right to run a command; disposing it gives it back.</summary>
    internal readonly struct Turn(SemaphoreSlim turn) : IDisposable
    {
        public void Dispose() => turn.Release();
    }
}
