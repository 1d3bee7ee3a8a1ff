namespace Realtime.Tests.Providers.AzureStorage;

/// <inheritdoc cref="INoteGrain"/>
public sealed class NoteGrain(
    [PersistentState("note")] IPersistentState<NoteGrain.Note> note,
    [PersistentState("large/note", "blobs")] IPersistentState<NoteGrain.Note> largeNote,
    ILocalSiloDetails silo) : Grain, INoteGrain
{
    public async Task WriteAsync(string text, string largeText)
    {
        note.State = new Note(text);
        largeNote.State = new Note(largeText);
        await note.WriteStateAsync();
        await largeNote.WriteStateAsync();
    }

    public Task<(string Text, string LargeText, SiloAddress Silo)> ReadAsync() =>
        Task.FromResult((note.State.Text, largeNote.State.Text, silo.SiloAddress));

    [GenerateSerializer, Immutable, Alias("Realtime.Tests.Providers.AzureStorage.NoteGrain.Note")]
    public sealed record Note(string Text)
    {
        public Note()
            : this("")
        {
        }
    }
}
