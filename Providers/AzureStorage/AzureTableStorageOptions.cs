using Orleans.Storage;

namespace Realtime.Providers.AzureStorage;

/// <summary>Settings of grain state in an Azure table.</summary>
public sealed class AzureTableStorageOptions : AzureTableOptions, IStorageProviderSerializerOptions
{
    /// <inheritdoc/>
    /// <remarks>Default <c>OrleansGrainState</c>. Services with different ids may share a table.</remarks>
    public override string TableName { get; set; } = "OrleansGrainState";

    /// <summary>Whether a clear deletes the row; default false: an empty row stays.</summary>
    public bool DeleteStateOnClear { get; set; }

    /// <summary>
    /// Whether states are written as text, readable in a storage explorer, at half the size limit; default false. Needs a
    /// serializer that makes text, such as JSON. Both formats are always read.
    /// </summary>
    public bool UseStringFormat { get; set; }

    /// <summary>Turns states into bytes; default is the serializer that the silo is configured with.</summary>
    public IGrainStorageSerializer GrainStorageSerializer { get; set; } = null!;
}
