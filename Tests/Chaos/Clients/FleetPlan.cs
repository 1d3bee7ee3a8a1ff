using Realtime.Tests.Chaos.Backend;
using Realtime.Tests.Infrastructure;

namespace Realtime.Tests.Chaos.Clients;

/// <summary>Who is in a run: which clients of which database, over which transport, in which channels.</summary>
internal static class FleetPlan
{
    private const int MembersPerRoom = 20;

    /// <summary>Plans the clients of a database.</summary>
    /// <param name="database">The database.</param>
    /// <param name="clients">How many.</param>
    /// <param name="isOverbooked">Whether they are more than its tenant's plan allows.</param>
    /// <param name="random">What is chosen freely.</param>
    public static IEnumerable<ClientPlan> Draw(ChaosDatabase database, int clients, bool isOverbooked, Random random)
    {
        var rooms = Rooms(clients);
        for (var number = 0; number < clients; number++)
        {
            var first = rooms[number % rooms.Length];
            var second = rooms[random.Next(rooms.Length)];
            var repository = "db-" + Repositories.All[random.Next(Repositories.All.Length)];
            yield return new ClientPlan
            {
                Name = $"{database.Name}-{number}",
                Database = database,
                User = database.Users[number % database.Users.Count],
                Transport = number % 2 == 0 ? Transport.WebSocket : Transport.ServerSentEvents,
                NamesItsKey = number % 4 == 0,
                ComesBack = number % 4 == 1,

                // Both gateways have members of every room over both transports.
                Gateway = number / 2 / rooms.Length % 2,
                Channels = [.. new[] { first, second, repository }.Distinct()],
                SendsIn = random.Next(5) switch
                {
                    0 or 1 => first,
                    2 => rooms[random.Next(rooms.Length)],
                    _ => null,
                },
                MayBeRefused = isOverbooked,
                Seed = random.Next(),
            };
        }
    }

    /// <summary>Plans clients that use the published library, in the rooms of the others.</summary>
    /// <param name="database">The database.</param>
    /// <param name="count">How many.</param>
    /// <param name="others">Clients of the database that don't.</param>
    /// <param name="random">What is chosen freely.</param>
    public static IEnumerable<ClientPlan> DrawPublished(ChaosDatabase database, int count, int others, Random random)
    {
        var rooms = Rooms(others);
        for (var number = 0; number < count; number++)
        {
            var room = rooms[random.Next(rooms.Length)];
            yield return new ClientPlan
            {
                Name = $"{database.Name}-node{number}",
                Database = database,
                User = database.Users[number % database.Users.Count],
                Transport = Transport.ServerSentEvents,
                ComesBack = true,
                Gateway = number % 2,
                Channels = [room, "db-" + Repositories.All[number % Repositories.All.Length]],
                SendsIn = room,
                Seed = random.Next(),
            };
        }
    }

    private static string[] Rooms(int clients) =>
        [.. Enumerable.Range(1, Math.Max(1, clients * 2 / MembersPerRoom)).Select(static number => $"room {number}")];
}
