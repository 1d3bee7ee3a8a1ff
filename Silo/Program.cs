using Realtime.Gateway.Hosting;
using Realtime.Silo;

return await HostRunner.RunAsync(() => SiloHost.Build(args));
