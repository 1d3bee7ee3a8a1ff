using System.Text.Json;
using Realtime.Tests.Chaos.History;
using Realtime.Tests.Infrastructure;

namespace Realtime.Tests.Chaos.Clients;

/// <summary>One connection of a client: takes what the backend sends, and enters it where the checker reads it.</summary>
internal sealed class ChaosSession
{
    /// <summary>Stands for an answer when a command was refused by its POST's status.</summary>
    public const string NotTaken = "(not taken)";

    private readonly ClientPlan _plan;
    private readonly string _name;
    private readonly string _gateway;
    private readonly Timeline _timeline;
    private readonly Lock _lock = new();
    private readonly Dictionary<string, Membership> _memberships = new(StringComparer.Ordinal);
    private readonly List<ServerMessage> _early = [];
    private readonly TaskCompletionSource _opened = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private TaskCompletionSource<ServerMessage>? _reply;
    private TimeSpan _replyAskedAt;
    private int _sent;

    public ChaosSession(ClientPlan plan, string name, string gateway, Timeline timeline)
    {
        (_plan, _name, _gateway, _timeline) = (plan, name, gateway, timeline);
        Outstanding = new Outstanding(plan.Database.History(plan.SendsIn ?? ""));
    }

    /// <summary>Completes with <c>init</c>.</summary>
    public Task Opened => _opened.Task;

    /// <summary>Its sid.</summary>
    public string Sid { get; private set; } = "";

    /// <summary>Messages without their reply.</summary>
    public Outstanding Outstanding { get; }

    private TimeSpan Now => _timeline.Clock.Now;

    /// <summary>Takes a message off the wire. Messages of one connection come one after the other.</summary>
    public void Receive(ServerMessage message)
    {
        lock (_lock)
        {
            switch (message.Type)
            {
                case "init":
                    Sid = message.Data;
                    _opened.TrySetResult();
                    break;
                case "token":
                    _reply?.TrySetResult(message);
                    break;
                case "joined":
                    EnterMembership(message.Data);
                    _reply?.TrySetResult(message);
                    break;
                case "ok":
                    TakeReply(message);
                    break;
                case "error":
                    TakeError(message);
                    break;
                case "chan_out" or "db_created" or "db_updated" or "db_deleted":
                    Deliver(message);
                    break;
                default:
                    Report(Promise.OnlyWhatWasSent, $"a message that it can't use: {message.Type} '{message.Data}'");
                    break;
            }
        }
    }

    /// <summary>Asks something that is answered by one message, <c>token</c>, <c>joined</c> or <c>error</c>; null if it isn't in time.</summary>
    public async Task<ServerMessage?> AskAsync(Wire wire, string type, string data)
    {
        TaskCompletionSource<ServerMessage> reply;
        lock (_lock)
        {
            _reply = reply = new(TaskCreationOptions.RunContinuationsAsynchronously);
            _replyAskedAt = Now;
        }

        var outcome = await wire.SendAsync(new { sid = Sid, token = _plan.User.Token, type, data });
        await Task.WhenAny(reply.Task, wire.Ended, Task.Delay(outcome == SendOutcome.Taken ? Patience.Reply : Patience.End));
        lock (_lock)
        {
            _reply = null;
        }

        return reply.Task.IsCompleted ? await reply.Task
            : outcome == SendOutcome.Taken ? null
            : new ServerMessage("", "error", NotTaken, "", "", "");
    }

    /// <summary>Sends the next numbered message into this client's channel.</summary>
    public async Task<SendOutcome> PublishAsync(Wire wire)
    {
        var number = ++_sent;
        var id = $"{_name}:{number}";
        var isSocket = _plan.Transport == Transport.WebSocket;
        Outstanding.Add(new Publication(id, Now)
        {
            OrderedSender = isSocket ? _name : null,
            Number = number,
            Sid = Sid,
            Gateway = isSocket ? _gateway : null,
        });
        return await wire.SendAsync(new { sid = Sid, token = _plan.User.Token, type = "chan_in", data = id, channel = _plan.SendsIn });
    }

    /// <summary>States that the connection has ended.</summary>
    public void End()
    {
        lock (_lock)
        {
            foreach (var (channel, membership) in _memberships)
            {
                _plan.Database.History(channel).End(membership, Now);
            }
        }
    }

    private void EnterMembership(string channel)
    {
        if (_memberships.ContainsKey(channel))
        {
            return;
        }

        _memberships[channel] = _plan.Database.History(channel).Join(
            new Membership(_name, _plan.User.Person, _replyAskedAt, Now) { Gateway = _gateway });

        // The order of joined and of messages that were accepted while it was under way is open.
        foreach (var message in _early.Where(message => message.Channel == channel))
        {
            Deliver(message);
        }

        _early.RemoveAll(message => message.Channel == channel);
    }

    private void Deliver(ServerMessage message)
    {
        if (!_memberships.TryGetValue(message.Channel, out var membership))
        {
            _early.Add(message);
            if (!_plan.Channels.Contains(message.Channel, StringComparer.Ordinal))
            {
                Report(Promise.OnlyWhatWasSent, $"'{message.Data}' of {message.Channel}, which it has not joined");
            }

            return;
        }

        _plan.Database.History(message.Channel).Deliver(membership, IdOf(message), message.Sid, Now);
    }

    private static string IdOf(ServerMessage message)
    {
        if (message.Type == "chan_out")
        {
            return message.Data;
        }

        using var data = JsonDocument.Parse(message.Data);
        return message.Type switch
        {
            "db_deleted" => DocumentWriter.DeletionOf(data.RootElement.GetString()!),
            "db_created" => data.RootElement.GetProperty(DocumentWriter.OperationField).GetString()!,
            _ => data.RootElement.GetProperty(DocumentWriter.OperationField).GetString()!,
        };
    }

    private void TakeReply(ServerMessage message)
    {
        if (Outstanding.Answer(isOk: true, Now) is null)
        {
            Report(Promise.OnlyWhatWasSent, $"'{message.Type}' for which it has sent nothing");
        }
    }

    private void TakeError(ServerMessage message)
    {
        if (_reply is { } reply)
        {
            reply.TrySetResult(message);
        }
        else if (Outstanding.Answer(isOk: false, Now) is { } publication)
        {
            _timeline.Add($"{_name}: '{publication.Id}' was answered by: {message.Data}");
            if (message.Data is not ("unable to send your message" or "too many requests"))
            {
                Report(Promise.Answered, $"error '{message.Data}' for '{publication.Id}'");
            }
        }
        else
        {
            Report(Promise.Answered, $"error '{message.Data}' for which it has sent nothing");
        }
    }

    private void Report(Promise promise, string text) =>
        _timeline.Report(new Violation(promise, _plan.Database.Name, $"{_name} got {text} at {Now.TotalSeconds:F3} s"));
}
