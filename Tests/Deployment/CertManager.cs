namespace Realtime.Tests.Deployment;

/// <summary>What the manifests use of cert-manager. A field that isn't here is a mistake.</summary>
internal static class CertManager
{
    /// <summary>By API version and kind, for the reader of manifests.</summary>
    public static Dictionary<string, Type> Types { get; } = new()
    {
        ["cert-manager.io/v1/Issuer"] = typeof(Issuer),
        ["cert-manager.io/v1/Certificate"] = typeof(Certificate),
    };

    internal sealed class Issuer : GatewayApi.CustomObject
    {
        public IssuerSpec Spec { get; set; } = new();
    }

    internal sealed class IssuerSpec
    {
        public Dictionary<string, string>? SelfSigned { get; set; }

        public CaIssuer? Ca { get; set; }
    }

    internal sealed class CaIssuer
    {
        public string SecretName { get; set; } = "";
    }

    internal sealed class Certificate : GatewayApi.CustomObject
    {
        public CertificateSpec Spec { get; set; } = new();
    }

    internal sealed class CertificateSpec
    {
        public string SecretName { get; set; } = "";

        public bool? IsCA { get; set; }

        public string? CommonName { get; set; }

        public List<string> DnsNames { get; set; } = [];

        public List<string> Usages { get; set; } = [];

        public string Duration { get; set; } = "";

        public string? RenewBefore { get; set; }

        public CertificateKey PrivateKey { get; set; } = new();

        public IssuerReference IssuerRef { get; set; } = new();
    }

    internal sealed class CertificateKey
    {
        public string Algorithm { get; set; } = "";

        public int Size { get; set; }

        public string RotationPolicy { get; set; } = "";
    }

    internal sealed class IssuerReference
    {
        public string Kind { get; set; } = "";

        public string Name { get; set; } = "";
    }
}
