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
    private readonly Timeline _timeline;
    private readonly Lock _lock = new();
    private readonly Dictionary<string, Membership> _memberships = new(StringComparer.Ordinal);
    private readonly List<ServerMessage> _early = [];
    private readonly TaskCompletionSource _opened = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Dictionary<string, TimeSpan> _joinSentAt = new(StringComparer.Ordinal);
    private TaskCompletionSource<ServerMessage>? _reply;
    private string _asked = "";
    private string _gateway;
    private int _sent;

    public ChaosSession(ClientPlan plan, string name, string gateway, Timeline timeline)
    {
        (_plan, _name, _gateway, _timeline) = (plan, name, gateway, timeline);
        Outstanding = new Outstanding(plan.Database.History(plan.SendsIn ?? ""));
    }

    /// <summary>Completes with <c>init</c>.</summary>
    public Task Opened => _opened.Task;

    /// <summary>From when on it may have asked to join, if it does so by itself.</summary>
    public TimeSpan JoinsSince { get; init; }

    /// <summary>Its sid.</summary>
    public string Sid { get; private set; } = "";

    /// <summary>Whether its client knows that it is authenticated: who isn't can't come back.</summary>
    public bool IsBound { get; private set; }

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
                    IsBound = true;
                    TakeAnswer("auth", message);
                    break;
                case "joined":
                    EnterMembership(message.Data);
                    TakeAnswer($"join {message.Data}", message);
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
            _asked = type == "join" ? $"join {data}" : type;
            if (type == "join")
            {
                _joinSentAt.TryAdd(data, Now);
            }
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
    public async Task<SendOutcome> PublishAsync(Func<object, Task<SendOutcome>> send)
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
        var outcome = await send(new { sid = Sid, token = _plan.User.Token, type = "chan_in", data = id, channel = _plan.SendsIn });
        if (outcome == SendOutcome.NotSent)
        {
            Outstanding.Withdraw();
        }

        return outcome;
    }

    /// <summary>Its membership of a channel; null if it is no member.</summary>
    public Membership? MembershipOf(string channel)
    {
        lock (_lock)
        {
            return _memberships.GetValueOrDefault(channel);
        }
    }

    /// <summary>States which gateway serves it from now on.</summary>
    public void MoveTo(string gateway)
    {
        lock (_lock)
        {
            _gateway = gateway;
            foreach (var (channel, membership) in _memberships)
            {
                _plan.Database.History(channel).Move(membership, gateway, Now);
            }
        }
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
            new Membership(_name, _plan.User.Person, _joinSentAt.GetValueOrDefault(channel, JoinsSince), Now));
        _memberships[channel].MoveTo(_gateway, Now);

        // The order of joined and of messages that were accepted while it was under way is open.
        foreach (var message in _early.Where(message => message.Channel == channel))
        {
            Deliver(message);
        }

        _early.RemoveAll(message => message.Channel == channel);
    }

    /// <summary>An earlier question of the same kind may be answered late; it has been asked again since.</summary>
    private void TakeAnswer(string asked, ServerMessage message)
    {
        if (asked == _asked)
        {
            _reply?.TrySetResult(message);
        }
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
        if (!Outstanding.TryAnswer(isOk: true, Now, out _))
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
        else if (Outstanding.TryAnswer(isOk: false, Now, out var publication))
        {
            _timeline.Add($"{_name}: '{publication?.Id}' was answered by: {message.Data}");
            if (message.Data is not ("unable to send your message" or "too many requests"))
            {
                Report(Promise.Answered, $"error '{message.Data}' for '{publication?.Id}'");
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
