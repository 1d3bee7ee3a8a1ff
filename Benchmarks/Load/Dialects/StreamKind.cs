namespace Realtime.Benchmarks.Load.Dialects;

/// <summary>What messages of a connection come in.</summary>
internal enum StreamKind
{
    /// <summary>WebSocket frames.</summary>
    WebSocket,

    /// <summary>Server-Sent Events in a chunked body.</summary>
    Events,

    /// <summary>Answers to HTTP requests, one after the other, each with its length.</summary>
    Answers,
}
