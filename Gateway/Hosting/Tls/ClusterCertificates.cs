namespace Realtime.Gateway.Hosting.Tls;

/// <summary>
/// The certificates of a process, read anew when their files change: connections that are made then use the new ones, and
/// those that are open stay.
/// </summary>
public sealed partial class ClusterCertificates
{
    private readonly ClusterTlsOptions _options;
    private readonly Lock _lock = new();
    private CertificateSet _current;
    private string _lastSeen;

    /// <summary>Reads the files.</summary>
    /// <param name="options">Where they are.</param>
    /// <exception cref="InvalidDataException">One is missing or bad; the message names its setting.</exception>
    public ClusterCertificates(ClusterTlsOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        _options = options;
        var files = CertificateFiles.Read(options);
        _lastSeen = files.ComputeFingerprint();
        _current = CertificateSet.Parse(files, options.PeerName);
    }

    /// <summary>What the files hold now, or held when they were good last.</summary>
    internal CertificateSet ReadCurrent(ILogger logger)
    {
        lock (_lock)
        {
            try
            {
                var files = CertificateFiles.Read(_options);
                var seen = files.ComputeFingerprint();
                if (seen != _lastSeen)
                {
                    _lastSeen = seen;
                    _current = CertificateSet.Parse(files, _options.PeerName);
                    var (name, end) = (_current.Own.TargetCertificate.Thumbprint, _current.Own.TargetCertificate.NotAfter.ToUniversalTime());
                    LogChanged(logger, name, end);
                }
            }
            catch (InvalidDataException exception)
            {
                LogKept(logger, exception.Message);
            }

            return _current;
        }
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "New connections of the cluster use certificate {Thumbprint}, valid until {End:u}")]
    private static partial void LogChanged(ILogger logger, string thumbprint, DateTime end);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The certificates of before stay in use: {Reason}")]
    private static partial void LogKept(ILogger logger, string reason);
}
