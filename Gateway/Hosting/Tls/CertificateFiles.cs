using System.Security.Cryptography;
using System.Text;

namespace Realtime.Gateway.Hosting.Tls;

/// <summary>What the files of <see cref="ClusterTlsOptions"/> hold.</summary>
/// <param name="Certificate">Text of <see cref="ClusterTlsOptions.CertificatePath"/>.</param>
/// <param name="Key">Text of <see cref="ClusterTlsOptions.KeyPath"/>. A secret.</param>
/// <param name="Authority">Text of <see cref="ClusterTlsOptions.AuthorityPath"/>.</param>
internal readonly record struct CertificateFiles(string Certificate, string Key, string Authority)
{
    /// <summary>Reads them.</summary>
    /// <exception cref="InvalidDataException">One can't be read; the message names its setting.</exception>
    public static CertificateFiles Read(ClusterTlsOptions options) => new(
        Read(nameof(options.CertificatePath), options.CertificatePath),
        Read(nameof(options.KeyPath), options.KeyPath),
        Read(nameof(options.AuthorityPath), options.AuthorityPath));

    /// <summary>
    /// Tells changed files from unchanged ones. The times of files wouldn't: a mounted Kubernetes secret changes by a link
    /// of its folder.
    /// </summary>
    public string ComputeFingerprint() =>
        Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes($"{Certificate}\0{Key}\0{Authority}")));

    /// <summary>The error of a setting.</summary>
    public static InvalidDataException CreateError(string setting, string sentence) =>
        new($"{ClusterOptions.Section}:{nameof(ClusterOptions.Tls)}:{setting} {sentence}");

    private static string Read(string setting, string? path)
    {
        try
        {
            return File.ReadAllText(path!);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw CreateError(setting, $"names a file that can't be read: '{path}'.");
        }
    }
}
