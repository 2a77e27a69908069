"""X: what opening the file the ordinary way would do."""

from __future__ import annotations

from modelreport.facts import Call, Evidence, Report, Skipped
from modelreport.judge.rule import Clean, Found, Rule, file_of, known, point, say


def _evidence(calls: list[Call]) -> list[Evidence]:
    return [
        point("key", c.target, say("{kind} in {where}: {arguments}", kind=c.kind, where=c.where, arguments=c.arguments))
        if c.arguments
        else point("key", c.target, say("{kind} in {where}", kind=c.kind, where=c.where))
        for c in calls
    ]


def code(report: Report) -> Found | Clean:
    """Calls outside the exact allow-list."""
    file_of(report)
    security = known(report.security)
    calls = [c for c in security.calls if c.danger == "code"]
    if not calls and not security.executes:
        if not security.pickles:
            return Clean(say("The format holds no code that opening would run."))
        if report.source.content == "script":
            return Clean(say("Opening the file compiles its TorchScript code and calls nothing else."))
        return Clean(say("Opening the file calls nothing but what tensors and plain classes need."))
    count = sum(c.count for c in calls)
    verb = "import" if all(c.kind == "import" for c in calls) else "run"
    text = f"Opening the file with torch.load would {verb} {{first}}: {{call_count}} {{call_count:call|calls}} in all."
    return Found(
        say(
            text if calls else "Opening the file with torch.load would run code.",
            first=calls[0].target if calls else "",
            call_count=count,
        ),
        _evidence(calls),
    )


def classes(report: Report) -> Found | Clean:
    """Classes of other libraries or of the author that must be importable to open the file."""
    file_of(report)
    calls = [c for c in known(report.security).calls if c.danger == "class"]
    foreign = [c for c in calls if not c.target.startswith("torch.")]
    if not foreign:
        text = "Opening the file needs torch's own classes only." if calls else "Opening the file needs no class."
        return Clean(say(text))
    unknown = isinstance(report.identification, Skipped) and report.source.content == "module"
    text = "Opening the file needs {class_count} {class_count:class|classes} that torch does not bring"
    return Found(
        say(
            text + ("; the model's own class could not be imported." if unknown else ", such as {first}."),
            class_count=len(foreign),
            first=foreign[0].target,
        ),
        _evidence(foreign),
        "warning" if unknown else None,
    )


_SCRIPT = "Load it only if you trust where it comes from, or ask for safetensors and the code that builds the model."


def oddities(report: Report) -> Found | Clean:
    """Oddities of the file that its reader noted."""
    notes = [*report.source.notes, *([] if isinstance(report.security, Skipped) else report.security.notes)]
    if not notes:
        file_of(report)
        return Clean(say("Nothing odd was noted while the file was read."))
    return Found(
        say(
            "{note_count} {note_count:oddity was|oddities were} noted while the file was read: {first}",
            note_count=len(notes),
            first=notes[0],
        ),
        [point("file", report.source.name, say("{note}", note=note)) for note in notes],
        advice=_SCRIPT if all(note.startswith("TorchScript has no safe mode") for note in notes) else None,
    )


RULES = (
    Rule(
        "X001",
        "error",
        "Code in the pickle",
        "Do not open the file with torch.load(weights_only=False); ask its author for a safetensors file.",
        "provenance",
        code,
    ),
    Rule(
        "X002",
        "note",
        "Classes needed to open",
        "Publish a state_dict, or safetensors, beside the code that builds the model.",
        "provenance",
        classes,
    ),
    Rule(
        "X003",
        "note",
        "Oddities of the file",
        "Save the checkpoint again with a current library, unless the oddity is meant.",
        "provenance",
        oddities,
    ),
)
