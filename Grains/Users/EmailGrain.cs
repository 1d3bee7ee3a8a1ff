namespace Realtime.Users;

/// <inheritdoc cref="IEmailGrain"/>
/// <remarks>
/// A reservation is valid if that user's current e-mail is this one, or for a minute. So no order of crashes leaves an
/// address blocked, and none gives it to two users: whoever takes one writes it into the user within that minute.
/// </remarks>
internal sealed class EmailGrain : Grain, IEmailGrain, IErasableEmailGrain
{
    private static readonly TimeSpan Reservation = TimeSpan.FromMinutes(1);

    private readonly CommittedState<EmailState> _state;
    private readonly PasswordHasher _hasher;
    private readonly TimeProvider _time;
    private readonly string _key;
    private readonly string _database;

    public EmailGrain(
        [PersistentState("state")] IPersistentState<EmailState> state,
        IGrainContext context,
        PasswordHasher hasher,
        TimeProvider time)
    {
        _state = new CommittedState<EmailState>(state, this);
        _hasher = hasher;
        _time = time;
        _key = context.GrainId.Key.ToString()!;
        _database = GrainKey.Split(_key).First;
    }

    /// <inheritdoc/>
    public async ValueTask<bool> ReserveAsync(string userId, string email)
    {
        if (UserKeys.Email(_database, email) != _key)
        {
            throw new ArgumentException("The e-mail belongs to another key.", nameof(email));
        }

        if (_state.Value.UserId is { } holder && holder != userId
            && (_time.GetUtcNow() - _state.Value.ReservedAt < Reservation || await IsCurrentAsync(holder)))
        {
            return false;
        }

        await _state.UpdateAsync(_ => new EmailState { UserId = userId, ReservedAt = _time.GetUtcNow() });
        return true;
    }

    /// <inheritdoc/>
    public async ValueTask ReleaseAsync(string userId)
    {
        if (_state.Value.UserId == userId && !await IsCurrentAsync(userId))
        {
            await EraseAsync();
        }
    }

    /// <inheritdoc/>
    public async ValueTask<string?> GetUserAsync() =>
        _state.Value.UserId is { } userId && await IsCurrentAsync(userId) ? userId : null;

    /// <inheritdoc/>
    public async ValueTask<CallerIdentity?> LoginAsync(string password)
    {
        if (await GetUserAsync() is { } userId)
        {
            return await User(userId).CheckPasswordAsync(password);
        }

        // The same work as for a known e-mail, so that its duration tells nothing.
        await _hasher.VerifyAsync(password, hash: null);
        return null;
    }

    /// <inheritdoc/>
    public async ValueTask EraseAsync()
    {
        await _state.ClearAsync();
        DeactivateOnIdle();
    }

    private IUserGrain User(string userId) => GrainFactory.GetGrain<IUserGrain>(UserKeys.User(_database, userId));

    private async ValueTask<bool> IsCurrentAsync(string userId) =>
        await User(userId).GetAsync() is { } user && UserKeys.Email(_database, user.Email) == _key;
}
