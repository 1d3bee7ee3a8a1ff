using Orleans.Dashboard;

namespace Realtime.Silo;

/// <summary>Orleans' own dashboard, for developers who want to see their grains. It is open to everybody who reaches it, so it exists in the development environment only.</summary>
internal static class DevelopmentDashboard
{
    /// <summary>Where it is.</summary>
    public const string Path = "/dashboard";

    /// <summary>Collects what it shows.</summary>
    public static void AddDevelopmentDashboard(this ISiloBuilder silo, IHostEnvironment environment)
    {
        if (environment.IsDevelopment())
        {
            silo.AddDashboard();
        }
    }

    /// <summary>Shows it.</summary>
    public static void MapDevelopmentDashboard(this WebApplication app)
    {
        if (app.Environment.IsDevelopment())
        {
            app.MapOrleansDashboard(Path);
        }
    }
}
