using Realtime.Documents;
using Realtime.Tests.Contracts;

namespace Realtime.Tests.Documents;

/// <summary><see cref="Realtime.Documents.PostgresDocumentStore"/> keeps the contract of single writes and batches.</summary>
public sealed class PostgresDocumentStoreContract(PostgresTestDatabase database)
    : DocumentStoreContract, IClassFixture<PostgresTestDatabase>
{
    protected override DocumentStoreHarness CreateHarness() => new PostgresStoreHarness(database.ConnectionString);
}

/// <summary>It keeps the contract of bulk writes.</summary>
public sealed class PostgresDocumentBulkContract(PostgresTestDatabase database)
    : DocumentBulkContract, IClassFixture<PostgresTestDatabase>
{
    protected override DocumentStoreHarness CreateHarness() => new PostgresStoreHarness(database.ConnectionString);
}

/// <summary>It keeps the contract of queries.</summary>
public sealed class PostgresDocumentQueryContract(PostgresTestDatabase database)
    : DocumentQueryContract, IClassFixture<PostgresTestDatabase>
{
    protected override DocumentStoreHarness CreateHarness() => new PostgresStoreHarness(database.ConnectionString);
}

/// <summary>It keeps the contract of past changes and repeated creates.</summary>
public sealed class PostgresDocumentOutboxContract(PostgresTestDatabase database)
    : DocumentOutboxContract, IClassFixture<PostgresTestDatabase>
{
    protected override DocumentStoreHarness CreateHarness(Action<DocumentOptions>? configure = null) =>
        new PostgresStoreHarness(database.ConnectionString, configure);
}
