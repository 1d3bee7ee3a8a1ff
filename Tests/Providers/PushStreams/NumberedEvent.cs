namespace Realtime.Tests.Providers.PushStreams;

[GenerateSerializer, Immutable, Alias("Realtime.Tests.Providers.PushStreams.NumberedEvent")]
public sealed record NumberedEvent(string Publisher, int Number);
