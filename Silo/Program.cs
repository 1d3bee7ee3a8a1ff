using Microsoft.Extensions.Options;
using Realtime.Silo;

try
{
    await using var app = SiloHost.Build(args);
    await app.StartAsync();
    StartupReport.Print(app);
    await app.WaitForShutdownAsync();
    return 0;
}
catch (OptionsValidationException invalid)
{
    // Its sentence names the setting; a stack trace would hide it.
    Console.Error.WriteLine(invalid.Message);
    return 1;
}
