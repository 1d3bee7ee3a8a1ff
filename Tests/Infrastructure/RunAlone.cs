namespace Realtime.Tests.Infrastructure;

/// <summary>
/// Tests that nothing else runs beside: they lose processes or silos, and on a busy machine healthy ones would be taken
/// for lost, too.
/// </summary>
[CollectionDefinition(DisableParallelization = true)]
public sealed class RunAlone;
