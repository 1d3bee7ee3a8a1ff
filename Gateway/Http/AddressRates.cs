using System.Net;
using System.Net.Sockets;
using System.Threading.RateLimiting;
using Microsoft.Extensions.Options;
using Realtime.Gateway.Connections;

namespace Realtime.Gateway.Http;

/// <summary>Bounds what one address may do without being known: register, log in, open streams (protocol 8).</summary>
internal sealed class AddressRates : IDisposable
{
    private const int SegmentsPerMinute = 6;

    private readonly PartitionedRateLimiter<HttpContext>? _logins;
    private readonly PartitionedRateLimiter<HttpContext>? _streams;

    public AddressRates(IOptions<LimitOptions> limits, IHostEnvironment environment)
    {
        if (!environment.IsDevelopment())
        {
            _logins = Create(limits.Value.LoginsPerMinute);
            _streams = Create(limits.Value.StreamsPerMinute);
        }
    }

    /// <summary>Counts a registration or login; false if its address makes too many.</summary>
    public bool TryTakeLogin(HttpContext http) => TryTake(_logins, http);

    /// <summary>Counts a new stream or socket; false if its address opens too many.</summary>
    public bool TryTakeStream(HttpContext http) => TryTake(_streams, http);

    public void Dispose()
    {
        _logins?.Dispose();
        _streams?.Dispose();
    }

    private static PartitionedRateLimiter<HttpContext>? Create(int perMinute) => perMinute == 0
        ? null
        : PartitionedRateLimiter.Create<HttpContext, string>(http => RateLimitPartition.GetSlidingWindowLimiter(
            Partition(http.Connection.RemoteIpAddress),
            _ => new SlidingWindowRateLimiterOptions
            {
                PermitLimit = perMinute,
                Window = TimeSpan.FromMinutes(1),
                SegmentsPerWindow = SegmentsPerMinute,
            }));

    /// <summary>The address, or the /64 network of an IPv6 address: one host has all of its addresses.</summary>
    private static string Partition(IPAddress? address) => address switch
    {
        null => "",
        { AddressFamily: AddressFamily.InterNetworkV6, IsIPv4MappedToIPv6: false } => Convert.ToHexString(address.GetAddressBytes().AsSpan(0, 8)),
        _ => address.MapToIPv4().ToString(),
    };

    private static bool TryTake(PartitionedRateLimiter<HttpContext>? limiter, HttpContext http)
    {
        if (limiter is null)
        {
            return true;
        }

        using var lease = limiter.AttemptAcquire(http);
        return lease.IsAcquired;
    }
}

/// <summary>Applies <see cref="AddressRates"/> to endpoints.</summary>
internal static class AddressRatesExtensions
{
    /// <summary>Refuses registrations and logins of an address that makes too many.</summary>
    public static void RequireLoginRate(this RouteHandlerBuilder endpoint) => endpoint.AddEndpointFilter(
        static async (context, next) => context.HttpContext.RequestServices.GetRequiredService<AddressRates>().TryTakeLogin(context.HttpContext)
            ? await next(context)
            : Replies.Text(StatusCodes.Status429TooManyRequests, Protocol.ErrorTexts.TooManyRequests));
}
