namespace Realtime.Gateways;

/// <summary>Sends events from this silo's grains to the inbox streams of gateways.</summary>
internal interface IInboxPublisher
{
    /// <summary>
    /// Numbers the event and hands it to the stream. Events of one caller arrive in the order of its calls. Never
    /// throws and never waits: what can't be sent leaves a gap in the numbers, on which the gateway resynchronises.
    /// </summary>
    /// <param name="gateway">Id of the gateway.</param>
    /// <param name="inboxEvent">What happened.</param>
    void Publish(string gateway, InboxEvent inboxEvent);
}
