using Realtime.Gateway.Hosting;

return await HostRunner.RunAsync(() => ClusterGateway.Build(args));
