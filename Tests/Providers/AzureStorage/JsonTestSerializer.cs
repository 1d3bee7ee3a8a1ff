using System.Text.Encodings.Web;
using System.Text.Json;
using Orleans.Storage;

namespace Realtime.Tests.Providers.AzureStorage;

/// <summary>States as JSON that a person can read.</summary>
internal sealed class JsonTestSerializer : IGrainStorageSerializer
{
    private static readonly JsonSerializerOptions _options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public BinaryData Serialize<T>(T? input) => new(JsonSerializer.SerializeToUtf8Bytes(input, _options));

    public T Deserialize<T>(BinaryData input) => JsonSerializer.Deserialize<T>(input, _options)!;
}
