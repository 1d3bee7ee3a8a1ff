namespace Realtime;

/// <summary>
/// Marks a grain method that may be called again when nobody knows whether the call before was heard: it reads, or states
/// a truth that doesn't depend on what was stated before.
/// </summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class RepeatableAttribute : Attribute;
