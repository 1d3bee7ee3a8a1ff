using System.IO.Pipelines;
using Realtime.Gateway.Connections;
using Realtime.Gateway.Sessions;
using Realtime.Gateway.Telemetry;

namespace Realtime.Gateway.Transports;

/// <summary>
/// Writes a connection's outbox to its stream, on the thread of whoever adds something, as far as the stream takes it without
/// waiting. One thread writes at a time; what is added meanwhile goes with its next write.
/// </summary>
/// <param name="output">The stream.</param>
/// <param name="metrics">Counts what is sent.</param>
internal abstract class OutboxWriter(PipeWriter output, GatewayMetrics metrics) : IOutboxWriter
{
    private const int Idle = 0;
    private const int Writing = 1;
    private const int WritingAndWoken = 2;

    // What waits is written together, but not more than this before the stream is given a chance.
    private const int FlushBytes = 64 * 1024;

    // Whoever adds something isn't kept longer than this by what others add.
    private const int FlushesAtOnce = 16;

    private int _state;
    private Stint? _stint;
    private TaskCompletionSource? _quiet;
    private volatile bool _isBroken;

    /// <summary>Begins to write the messages of a connection.</summary>
    /// <param name="connection">The connection.</param>
    /// <param name="cursor">What its client has got; null if it can't come back.</param>
    public void Attach(Connection connection, SessionCursor? cursor)
    {
        Volatile.Write(ref _stint, new Stint(connection, cursor));
        connection.Outbox.Attach(this);
    }

    /// <summary>Waits until the outbox is over and everything that it held has been written.</summary>
    /// <returns>False if that took too long, or can't happen any more.</returns>
    public async Task<bool> FinishAsync(TimeSpan patience, CancellationToken cancellationToken)
    {
        if (_stint is not { } stint)
        {
            return false;
        }

        Wake();
        try
        {
            return await stint.Written.WaitAsync(patience, cancellationToken);
        }
        catch (Exception exception) when (exception is TimeoutException or OperationCanceledException)
        {
            return false;
        }
    }

    /// <summary>Stops to write, after what is being written.</summary>
    public Task DetachAsync()
    {
        if (Interlocked.Exchange(ref _stint, null) is { } stint)
        {
            stint.Connection.Outbox.Attach(null);
            stint.Over(isWritten: false);
        }

        var quiet = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        Volatile.Write(ref _quiet, quiet);
        Wake();
        return quiet.Task;
    }

    /// <inheritdoc/>
    public void Wake()
    {
        while (true)
        {
            var state = Volatile.Read(ref _state);
            if (state == WritingAndWoken)
            {
                return;
            }

            if (Interlocked.CompareExchange(ref _state, state + 1, state) == state)
            {
                if (state == Idle)
                {
                    _ = RunAsync();
                }

                return;
            }
        }
    }

    /// <summary>Transport of the stream, for what is counted.</summary>
    protected abstract TransportKind Transport { get; }

    /// <summary>Puts a message into the stream, or several that came together.</summary>
    /// <param name="item">The message.</param>
    /// <param name="connection">Who gets it.</param>
    /// <param name="cursor">Counts it and knows the id that goes with it, or with each of several; null if none does.</param>
    /// <returns>Bytes that it takes.</returns>
    protected abstract int Write(OutboxItem item, Connection connection, SessionCursor? cursor);

    /// <summary>Puts what doesn't come from the outbox into the stream; false if there is nothing.</summary>
    protected virtual bool WriteControl() => false;

    /// <summary>What <see cref="WriteControl"/> put there has been written, or never will be.</summary>
    protected virtual void CompleteControl(bool isBroken)
    {
    }

    private async Task RunAsync()
    {
        do
        {
            // With a fence: what is taken from now on must be what was there when somebody saw that a run is due anyway.
            Interlocked.Exchange(ref _state, Writing);
            try
            {
                await WriteAsync();
            }
            catch (Exception exception)
            {
                Break(exception);
            }

            // Nothing is being written at this moment.
            Interlocked.Exchange(ref _quiet, null)?.TrySetResult();
        }
        while (Interlocked.CompareExchange(ref _state, Idle, Writing) != Writing);
    }

    private async ValueTask WriteAsync()
    {
        for (var flushes = 1; !_isBroken; flushes++)
        {
            var hasControl = WriteControl();
            var stint = Volatile.Read(ref _stint);
            var (messages, bytes) = stint is null ? default : await FillAsync(stint);
            if (bytes > 0 || hasControl)
            {
                var result = await output.FlushAsync(CancellationToken.None);
                if (result.IsCompleted)
                {
                    break;
                }

                metrics.Sent(Transport, messages, bytes);
                CompleteControl(isBroken: false);
            }
            else
            {
                if (stint?.Connection.Outbox.IsOver == true)
                {
                    stint.Over(isWritten: true);
                }

                return;
            }

            if (flushes % FlushesAtOnce == 0)
            {
                await Task.Yield();
            }
        }

        Break();
    }

    private async ValueTask<(int Messages, int Bytes)> FillAsync(Stint stint)
    {
        var (messages, bytes) = (0, 0);
        while (bytes < FlushBytes && stint.Connection.Outbox.TryTake(out var item))
        {
            bytes += Write(item, stint.Connection, stint.Cursor);
            messages += item.Message.Count;
            if (stint.Cursor is { NeedsCheckpoint: true } cursor)
            {
                await cursor.CheckpointAsync();
            }
        }

        return (messages, bytes);
    }

    private void Break(Exception? exception = null)
    {
        _isBroken = true;
        CompleteControl(isBroken: true);
        if (Volatile.Read(ref _stint) is { } stint)
        {
            if (exception is null || IsEnd(exception))
            {
                stint.Over(isWritten: false);
            }
            else
            {
                stint.Fail(exception);
            }

            stint.Connection.End(EndReason.ClientLeft);
        }
    }

    /// <summary>Whether the stream has ended; how that shows depends on the server.</summary>
    private static bool IsEnd(Exception exception) =>
        exception is OperationCanceledException or IOException or ObjectDisposedException or InvalidOperationException;

    /// <summary>The time for which it writes the messages of one connection.</summary>
    private sealed class Stint(Connection connection, SessionCursor? cursor)
    {
        private readonly TaskCompletionSource<bool> _written = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Connection Connection => connection;

        public SessionCursor? Cursor => cursor;

        /// <summary>Completes with true when everything is written.</summary>
        public Task<bool> Written => _written.Task;

        public void Over(bool isWritten) => _written.TrySetResult(isWritten);

        public void Fail(Exception exception) => _written.TrySetException(exception);
    }
}
