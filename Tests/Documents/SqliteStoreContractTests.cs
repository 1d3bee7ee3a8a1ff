using Realtime.Documents;
using Realtime.Tests.Contracts;

namespace Realtime.Tests.Documents;

/// <summary><see cref="Realtime.Documents.SqliteDocumentStore"/> keeps the contract of single writes and batches.</summary>
public sealed class SqliteDocumentStoreContract : DocumentStoreContract
{
    protected override DocumentStoreHarness CreateHarness() => new SqliteStoreHarness();
}

/// <summary>It keeps the contract of bulk writes.</summary>
public sealed class SqliteDocumentBulkContract : DocumentBulkContract
{
    protected override DocumentStoreHarness CreateHarness() => new SqliteStoreHarness();
}

/// <summary>It keeps the contract of queries.</summary>
public sealed class SqliteDocumentQueryContract : DocumentQueryContract
{
    protected override DocumentStoreHarness CreateHarness() => new SqliteStoreHarness();
}

/// <summary>It keeps the contract of past changes and repeated creates.</summary>
public sealed class SqliteDocumentOutboxContract : DocumentOutboxContract
{
    protected override DocumentStoreHarness CreateHarness(Action<DocumentOptions>? configure = null) => new SqliteStoreHarness(configure);
}
