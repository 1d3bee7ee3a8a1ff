namespace Realtime.Gateway.Http;

/// <summary>
/// Turns what nobody foresaw into a short sentence (protocol 3.1). It leaves the response's headers alone, so that the
/// CORS headers are on errors too (protocol 1.7).
/// </summary>
internal sealed partial class FailureMiddleware(RequestDelegate next, ILogger<FailureMiddleware> logger)
{
    public async Task InvokeAsync(HttpContext http)
    {
        try
        {
            await next(http);
            if (http.Response is { HasStarted: false, StatusCode: StatusCodes.Status404NotFound or StatusCodes.Status405MethodNotAllowed, ContentLength: null })
            {
                await Replies.Text(http.Response.StatusCode, "there is nothing at this address").ExecuteAsync(http);
            }
        }
        catch (OperationCanceledException) when (http.RequestAborted.IsCancellationRequested)
        {
            // The client has left; nobody reads an answer.
        }
        catch (Exception exception) when (!http.Response.HasStarted)
        {
            await AnswerAsync(http, exception);
        }
    }

    private async Task AnswerAsync(HttpContext http, Exception exception)
    {
        switch (exception)
        {
            case BadHttpRequestException bad:
                await Replies.Text(bad.StatusCode, "invalid request").ExecuteAsync(http);
                break;
            case TimeoutException or OrleansException or TemporarilyUnavailableException:
                LogUnavailable(exception, http.Request.Method);
                await Replies.Error(RealtimeError.TemporarilyUnavailable).ExecuteAsync(http);
                break;
            default:
                LogFailed(exception, http.Request.Method);
                await Replies.Text(StatusCodes.Status500InternalServerError, "internal error").ExecuteAsync(http);
                break;
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "A {Method} request could not be answered by the cluster in time")]
    private partial void LogUnavailable(Exception exception, string method);

    [LoggerMessage(Level = LogLevel.Error, Message = "A {Method} request failed")]
    private partial void LogFailed(Exception exception, string method);
}
