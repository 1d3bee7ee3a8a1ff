using Microsoft.Extensions.Options;

namespace Realtime.Documents;

/// <summary>Checks the annotations of <see cref="DocumentOptions"/> at the start of the process.</summary>
[OptionsValidator]
internal sealed partial class DocumentOptionsValidator : IValidateOptions<DocumentOptions>;
