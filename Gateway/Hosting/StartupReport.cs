using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Realtime.Gateway.Connections;

namespace Realtime.Gateway.Hosting;

/// <summary>Tells a developer what was started and how to use it.</summary>
internal static class StartupReport
{
    /// <summary>Prints addresses and, in the development environment, the well-known keys, tokens and users.</summary>
    public static void Print(WebApplication app)
    {
        var address = app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()?.Addresses.FirstOrDefault();
        if (!app.Environment.IsDevelopment() || app.Services.GetService<ConnectionRegistry>() is null)
        {
            Console.WriteLine($"Realtime.Orleans listens on {address}");
            return;
        }

        var seed = DevelopmentDefaults.Database;

        // The client's own name for the default address; any other address it takes as it is.
        var region = address == DevelopmentDefaults.Url ? "dev" : address;
        Console.WriteLine($"""

              Realtime.Orleans, development environment

              Demo page        {address}/
              Client           new Backend("{seed.PublicKey}", "{region}")      (npm install @staticbackend/js)
              Public key       {seed.PublicKey}
              Admin user       {seed.AdminEmail} / {seed.AdminPassword}   (role 100)
              Root token       {seed.RootToken}
              Operator API     {address}/operator      Authorization: Bearer {DevelopmentDefaults.OperatorKey}

              These exist in the development environment only. Stop with Ctrl+C.

            """);
    }
}
