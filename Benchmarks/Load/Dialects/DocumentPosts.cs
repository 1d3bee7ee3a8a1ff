using System.Text;
using Realtime.Benchmarks.Load.Clients;
using Realtime.Benchmarks.Load.Measures;

namespace Realtime.Benchmarks.Load.Dialects;

/// <summary>Creates documents of this backend over HTTP (protocol 3.2), one or several with each request, as fast as it is told to.</summary>
/// <param name="publicKey">The database's key.</param>
/// <param name="token">Session token of who creates.</param>
/// <param name="repository">Where.</param>
/// <param name="batch">Documents of a request.</param>
internal sealed class DocumentPosts(string publicKey, string token, string repository, int batch) : Dialect
{
    /// <inheritdoc/>
    public override StreamKind Kind => StreamKind.Answers;

    /// <summary>Called when those of a request are there, if set.</summary>
    public Action<Client>? OnCreated { get; set; }

    /// <inheritdoc/>
    public override void OnOpen(Client client, Reactor reactor)
    {
        // Nothing is asked before the first document.
    }

    /// <inheritdoc/>
    public override void OnMessage(Client client, ReadOnlySpan<byte> message, Reactor reactor)
    {
        if (!message.StartsWith("HTTP/1.1 201"u8))
        {
            reactor.CountError(Encoding.UTF8.GetString(message));
            return;
        }

        OnCreated?.Invoke(client);
    }

    /// <inheritdoc/>
    public override Publication Prepare(ClientRole role, int bytes)
    {
        var document = $$"""{"title":"{{MakeData(bytes)}}","done":false}""";
        var (query, body) = batch == 1 ? ("", document) : ("?bulk=1", $"[{string.Join(',', Enumerable.Repeat(document, batch))}]");
        var request = Encoding.ASCII.GetBytes(
            $"POST /db/{repository}{query} HTTP/1.1\r\nHost: {role.Address.Authority}\r\nSB-PUBLIC-KEY: {publicKey}\r\nAuthorization: Bearer {token}\r\n"
            + $"Content-Type: application/json\r\nContent-Length: {body.Length}\r\n\r\n{body}");
        var first = request.Length - body.Length;
        return new Publication(request, role.Source, [.. Enumerable.Range(first, body.Length).Where(at => request[at] == Marker.First)]);
    }

    protected override string GetPath(Client client) => throw new NotSupportedException();

    protected override string GetPublication(string channel, string data) => throw new NotSupportedException();
}
