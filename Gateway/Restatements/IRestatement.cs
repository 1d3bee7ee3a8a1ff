namespace Realtime.Gateway.Restatements;

/// <summary>
/// States to the cluster again what it may have forgotten or missed. One round at a time: what is asked for while one is
/// under way becomes one further round, however often it is asked for.
/// </summary>
internal interface IRestatement
{
    /// <summary>States all members, and lets every channel and repository look whether it missed something.</summary>
    void StateMembers();

    /// <summary>Also states all connections, and looks at their databases and users again.</summary>
    void StateEverything();
}
