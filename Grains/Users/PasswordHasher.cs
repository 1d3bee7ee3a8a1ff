using Microsoft.Extensions.Options;
using Hash = BCrypt.Net.BCrypt;

namespace Realtime.Users;

/// <summary>
/// Hashes and checks passwords off the grains' scheduler, on as many threads as there are processors. bcrypt reads 72
/// bytes at most, so it is given the SHA-384 of the password, in base64, which also has no zero byte to stop at.
/// </summary>
internal sealed class PasswordHasher : IDisposable
{
    /// <summary>Longest password, in UTF-16 units.</summary>
    public const int MaxLength = 1024;

    private readonly SemaphoreSlim _processors = new(Environment.ProcessorCount);
    private readonly int _workFactor;
    private readonly int _maxPending;
    private readonly string _dummy;
    private int _pending;

    public PasswordHasher(IOptions<PasswordOptions> options)
    {
        _workFactor = options.Value.WorkFactor;
        _maxPending = options.Value.MaxWaiting + Environment.ProcessorCount;

        // Made now: the first login of an unknown user must not take longer than the next.
        _dummy = Hash.EnhancedHashPassword(Identifiers.NewSecret(), _workFactor);
    }

    /// <summary>Whether a password may be set.</summary>
    public static bool IsAcceptable(string? password) => password is { Length: > 0 and <= MaxLength };

    /// <summary>The salted hash of a password.</summary>
    /// <exception cref="TemporarilyUnavailableException">Too many wait already.</exception>
    public Task<string> HashAsync(string password) =>
        RunAsync(() => Hash.EnhancedHashPassword(password, _workFactor));

    /// <summary>Whether the password has that hash. Without a hash the same work is done for the answer no.</summary>
    /// <exception cref="TemporarilyUnavailableException">Too many wait already.</exception>
    public async ValueTask<bool> VerifyAsync(string password, string? hash) =>
        IsAcceptable(password)
        && await RunAsync(() => Hash.EnhancedVerify(password, hash ?? _dummy)).ConfigureAwait(false)
        && hash is not null;

    /// <inheritdoc/>
    public void Dispose() => _processors.Dispose();

    private async Task<T> RunAsync<T>(Func<T> work)
    {
        try
        {
            if (Interlocked.Increment(ref _pending) > _maxPending)
            {
                throw new TemporarilyUnavailableException();
            }

            await _processors.WaitAsync().ConfigureAwait(false);
            try
            {
                return await Task.Run(work).ConfigureAwait(false);
            }
            finally
            {
                _processors.Release();
            }
        }
        finally
        {
            Interlocked.Decrement(ref _pending);
        }
    }
}
