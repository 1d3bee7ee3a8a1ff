using System.Collections.Concurrent;
using Microsoft.Playwright;
using Realtime.Tests.Infrastructure;

namespace Realtime.Tests.Clients;

/// <summary>Tabs that share storage, and everything that went wrong in them.</summary>
public sealed class BrowserWindow : IAsyncDisposable
{
    private readonly IBrowserContext _context;
    private readonly ConcurrentQueue<string> _complaints = new();

    /// <summary>Takes over a context.</summary>
    /// <param name="context">The context.</param>
    internal BrowserWindow(IBrowserContext context)
    {
        _context = context;
        _context.SetDefaultTimeout((float)Eventually.Bound.TotalMilliseconds);
    }

    /// <summary>Opens a tab at an address.</summary>
    public async Task<IPage> OpenTabAsync(Uri address)
    {
        var page = await _context.NewPageAsync();

        // Blocked by the content security policy, failed requests and whatever scripts report: all of it is on the console.
        page.Console += (_, message) =>
        {
            if (message.Type is "error" or "warning")
            {
                _complaints.Enqueue($"{message.Type}: {message.Text} ({message.Location})");
            }
        };
        page.PageError += (_, error) => _complaints.Enqueue($"unhandled: {error}");
        await page.GotoAsync(address.ToString());
        return page;
    }

    /// <summary>Fails if a tab has reported an error or a warning.</summary>
    public void ExpectNoComplaints() => Assert.Empty(_complaints);

    public ValueTask DisposeAsync() => _context.DisposeAsync();
}
