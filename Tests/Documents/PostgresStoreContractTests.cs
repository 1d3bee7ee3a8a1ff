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
