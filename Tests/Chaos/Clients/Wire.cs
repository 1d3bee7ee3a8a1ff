using System.Text.Json;
using Realtime.Tests.Chaos.Backend;
using Realtime.Tests.Infrastructure;

namespace Realtime.Tests.Chaos.Clients;

/// <summary>A connection's bytes in both directions. Messages are handed over one by one, in the order of arrival.</summary>
internal abstract class Wire(Action<ServerMessage> received) : IAsyncDisposable
{
    private readonly TaskCompletionSource<string> _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Completes with the reason, as far as this side knows it, when nothing more will be received.</summary>
    public Task<string> Ended => _ended.Task;

    /// <summary>The gateway that holds it, or held it last.</summary>
    public abstract GatewayEndpoint Gateway { get; }

    /// <summary>Whether nothing is received just now, though it hasn't ended.</summary>
    public virtual bool IsAway => false;

    /// <summary>Why the latest command was disowned.</summary>
    public string Trouble { get; protected set; } = "";

    /// <summary>Sends a command.</summary>
    public abstract Task<SendOutcome> SendAsync(object command);

    /// <inheritdoc/>
    public abstract ValueTask DisposeAsync();

    /// <summary>Hands a message over.</summary>
    protected void Receive(ReadOnlyMemory<byte> json)
    {
        using var document = JsonDocument.Parse(json);
        string Member(string name) => document.RootElement.GetProperty(name).GetString()!;
        received(new ServerMessage(Member("sid"), Member("type"), Member("data"), Member("channel"), Member("token"), ""));
    }

    /// <summary>States that nothing more will be received.</summary>
    protected void End(string reason) => _ended.TrySetResult(reason);
}

/// <summary>What a sender knows after it has sent a command.</summary>
internal enum SendOutcome
{
    /// <summary>It will be answered.</summary>
    Taken,

    /// <summary>It may be answered.</summary>
    Unknown,

    /// <summary>It never left.</summary>
    NotSent,

    /// <summary>The backend doesn't know the connection, or whose it is.</summary>
    Disowned,
}

/// <summary>What came of an attempt to open a connection.</summary>
/// <param name="Wire">The connection, if there is one.</param>
/// <param name="Status">The HTTP status; 0 if there was no answer.</param>
/// <param name="Text">Why there is no connection.</param>
internal sealed record WireAttempt(Wire? Wire, int Status, string Text);
