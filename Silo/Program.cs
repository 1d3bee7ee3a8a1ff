using Microsoft.Extensions.Options;
using Realtime.Silo;

try
{
    await using var app = SiloHost.Build(args);
    try
    {
        await app.StartAsync();
    }
    catch
    {
        // What has started already stops in order, instead of being disposed of under way.
        await app.StopAsync();
        throw;
    }

    StartupReport.Print(app);
    await app.WaitForShutdownAsync();
    return 0;
}
catch (Exception invalid) when (invalid is OptionsValidationException or InvalidOperationException { Source: "Microsoft.Extensions.Configuration.Binder" })
{
    // Its sentence names the setting; a stack trace would hide it.
    Console.Error.WriteLine(invalid.Message);
    return 1;
}
