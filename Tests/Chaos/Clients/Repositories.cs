using Realtime.Tests.Chaos.History;

namespace Realtime.Tests.Chaos.Clients;

/// <summary>The repositories of a run and who may read in them, in the words of protocol 2.1 and not by the product's code.</summary>
internal static class Repositories
{
    /// <summary>Read by the account, written by the account.</summary>
    public const string OfTheAccount = "tasks_760_";

    /// <summary>Read and written by the owner.</summary>
    public const string OfTheOwner = "notes_700_";

    /// <summary>Read by everyone, written by the account.</summary>
    public const string OfEveryone = "news_764_";

    /// <summary>Read by everyone, written by the owner.</summary>
    public const string Public = "pub_wall";

    /// <summary>Read by the account, written by the owner.</summary>
    public const string WithoutDigits = "items";

    /// <summary>All of them.</summary>
    public static readonly string[] All = [OfTheAccount, OfTheOwner, OfEveryone, Public, WithoutDigits];

    /// <summary>Who gets the events of a document; null for everybody.</summary>
    /// <param name="repository">Where it is.</param>
    /// <param name="owner">Who created it.</param>
    public static Audience? AudienceOf(string repository, Person owner) => repository switch
    {
        OfEveryone or Public => null,
        OfTheOwner => new Audience(null, owner.UserId),
        _ => new Audience(owner.AccountId, null),
    };

    /// <summary>Whether another user of the owner's account may change a document.</summary>
    public static bool IsWrittenByTheAccount(string repository) => repository is OfTheAccount or OfEveryone;
}
