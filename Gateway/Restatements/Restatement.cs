using Realtime.Gateway.Channels;
using Realtime.Gateway.Connections;

namespace Realtime.Gateway.Restatements;

/// <inheritdoc cref="IRestatement"/>
internal sealed class Restatement : IRestatement
{
    // Channels, repositories and users go on trying by themselves; who takes longer doesn't hold up the others.
    private static readonly TimeSpan Attention = TimeSpan.FromMilliseconds(500);

    private readonly TimeProvider _time;
    private readonly RestatementRounds<Func<Task>> _members;
    private readonly RestatementRounds<Connection> _sessions;
    private readonly RestatementRounds<string> _databases;
    private readonly RestatementRounds<Connection> _users;

    public Restatement(
        ChannelHub channels,
        RepositoryHub repositories,
        ConnectionRegistry registry,
        AbsentSessions absents,
        ConnectionLifetime connections,
        GatewayObserver observer,
        IHostApplicationLifetime lifetime,
        TimeProvider time,
        ILogger<Restatement> logger)
    {
        _time = time;
        _members = Rounds(() => channels.Restatements.Concat(repositories.Restatements), restate => AttendAsync(restate()));
        _sessions = Rounds(() => registry.All.Concat(absents.All), connections.RestateAsync);
        _databases = Rounds(
            () => registry.All.Select(static connection => connection.Database).OfType<string>().Distinct(), observer.RecheckAsync);
        _users = Rounds(() => registry.All, connection => AttendAsync(observer.RecheckAsync(connection)));

        RestatementRounds<T> Rounds<T>(Func<IEnumerable<T>> all, Func<T, Task> state) =>
            new(all, state, time, logger, lifetime.ApplicationStopped);
    }

    /// <inheritdoc/>
    public void StateMembers() => _ = _members.Request();

    /// <inheritdoc/>
    public void StateEverything()
    {
        StateMembers();
        _ = _sessions.Request();

        // Users may have changed, too, without this gateway hearing of it.
        _ = _databases.Request();
        _ = _users.Request();
    }

    private async Task AttendAsync(Task work) =>
        await work.WaitAsync(Attention, _time).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
}
