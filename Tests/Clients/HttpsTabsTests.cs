using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Microsoft.Playwright;
using Realtime.Silo;
using Realtime.Tests.Cluster;

namespace Realtime.Tests.Clients;

/// <summary>
/// A browser opens six connections to a host over HTTP/1.1, and each tab's stream takes one for good. Over HTTP/2, which
/// browsers speak with TLS only, any number of tabs share one.
/// </summary>
public sealed class HttpsTabsTests(ChromiumBrowser browser) : IDisposable
{
    private const int Tabs = 9;

    // The published client as the demo page serves it; a tab says how it was reached as soon as it is a member.
    private const string Join = """
        async number => {
          const { Backend } = await import("/demo/staticbackend.js");
          const bkn = new Backend("dev_memory_pk", location.origin);
          const { content: token } = await bkn.register(`tab${number}@example.com`, "a password");
          globalThis.heard = new Promise(heard => {
            globalThis.member = new Promise(joined => bkn.connect(
              token,
              () => bkn.send(bkn.types.join, "tabs"),
              message => {
                if (message.type === "joined") joined(performance.getEntriesByType("navigation")[0].nextHopProtocol);
                if (message.type === "chan_out") heard(message.data);
              }));
          });
          globalThis.say = text => bkn.send(bkn.types.chanIn, text, "tabs");
          return await globalThis.member;
        }
        """;

    private readonly string _folder = Directory.CreateTempSubdirectory("realtime-https-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task Tabs_AllHaveTheirStream_WhenThereAreMoreThanSix()
    {
        WriteCertificate();
        var address = new Uri($"https://localhost:{FreePorts.Next()}");
        var operatorAddress = new Uri($"http://127.0.0.1:{FreePorts.Next()}");
        await using var app = SiloHost.Build(
        [
            "--environment", "Development",
            "--Realtime:DataFolder", _folder,
            "--Realtime:Passwords:WorkFactor", "4",
            "--Realtime:OperatorUrls", operatorAddress.GetLeftPart(UriPartial.Authority),
            "--Kestrel:Endpoints:Clients:Url", address.GetLeftPart(UriPartial.Authority),
            "--Kestrel:Certificates:Default:Path", Path.Combine(_folder, "tls.crt"),
            "--Kestrel:Certificates:Default:KeyPath", Path.Combine(_folder, "tls.key"),
            "--Logging:LogLevel:Default", "Error",
        ]);
        await app.StartAsync(TestContext.Current.CancellationToken);
        await using var window = await browser.OpenAsync(new BrowserNewContextOptions { IgnoreHTTPSErrors = true });

        var tabs = new List<IPage>();
        for (var i = 0; i < Tabs; i++)
        {
            var tab = await window.OpenTabAsync(address);
            Assert.Equal("h2", await tab.EvaluateAsync<string>(Join, i));
            tabs.Add(tab);
        }

        await tabs[0].EvaluateAsync("text => globalThis.say(text)", "to all tabs");

        foreach (var tab in tabs)
        {
            Assert.Equal("to all tabs", await tab.EvaluateAsync<string>("() => globalThis.heard"));
        }

        // The operator's own listener is there beside those of Kestrel's section.
        using var http = new HttpClient { BaseAddress = operatorAddress };
        using var refused = await http.GetAsync(new Uri("/operator/tenants", UriKind.Relative), TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.Unauthorized, refused.StatusCode);
        await app.StopAsync(TestContext.Current.CancellationToken);
    }

    private void WriteCertificate()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName("localhost");
        request.CertificateExtensions.Add(names.Build());
        using var certificate = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
        File.WriteAllText(Path.Combine(_folder, "tls.crt"), certificate.ExportCertificatePem());
        File.WriteAllText(Path.Combine(_folder, "tls.key"), key.ExportPkcs8PrivateKeyPem());
    }
}
