"""R: what should not be in a file that is handed to others."""

from __future__ import annotations

import re

from modelreport.facts import Evidence, Report
from modelreport.judge.rule import AbsentError, Clean, Found, Rule, file_of, point, say

_PATH = re.compile(
    r"(?:(?<![\w.])/(?:home|Users|root|mnt|data|scratch|workspace|gpfs|lustre|private|tmp)/[^\s'\",]+)"
    r"|(?:(?<![\w./~])~[/\\][\w.][^\s'\",]*)"  # so the home folder is shown, whoever's it was
    r"|(?:\b[A-Za-z]:\\\\?(?!/)[^\s'\",]+)|(?:\b(?:s3|gs|az|hdfs)://[^\s'\",]+)"
)
"""A path of somebody's machine or store."""


def optimizer(report: Report) -> Found | Clean:
    """Optimizer state beside the weights."""
    training = file_of(report).training
    if training is None or not training.optimizer_tensors:
        return Clean(say("The file carries no optimizer state."))
    return Found(
        say(
            "The file carries {optimizer_file_bytes} of optimizer state ({optimizer}), {file_share} of its size.",
            optimizer_file_bytes=training.optimizer_bytes,
            optimizer=training.optimizer or "unknown kind",
            file_share=min(1.0, training.optimizer_bytes / max(1, report.source.size_bytes)),
        ),
        [
            point(
                "file",
                report.source.name,
                say("{tensor_count} {tensor_count:tensor|tensors}", tensor_count=training.optimizer_tensors),
            )
        ],
    )


def leftovers(report: Report) -> Found | Clean:
    """Paths of somebody's machine in the training arguments or the metadata."""
    items = [*(report.source.training.items if report.source.training else ()), *report.source.metadata]
    if not items:
        file_of(report)
        raise AbsentError("The file holds no training arguments and no metadata.")
    evidence = []
    for item in items:
        found = _PATH.search(item.value[:10_000])
        if found:
            evidence.append(point("key", item.name, say("{path}", path=found[0])))
    if not evidence:
        return Clean(say("None of {item_count} arguments and metadata names a path.", item_count=len(items)))
    return Found(
        say(
            "{item_count} {item_count:entry of the arguments and metadata names a path|"
            "entries of the arguments and metadata name paths} of the machine that the model was trained on.",
            item_count=len(evidence),
        ),
        evidence,
    )


def several(report: Report) -> Found | Clean:
    """More than one model in the file."""
    choices = file_of(report).choices
    if len(choices) < 2:
        return Clean(say("The file holds one model."))
    chosen = next((c for c in choices if c.chosen), choices[0])
    return Found(
        say(
            "The file holds {model_count} models; this report is on {chosen}.",
            model_count=len(choices),
            chosen=chosen.name or "the root",
        ),
        [
            point("key", c.name or "the root", say("{parameter_count} parameters", parameter_count=c.parameters))
            for c in choices
        ],
    )


def incomplete(report: Report) -> Found | Clean:
    """Tensors that the file names but does not hold."""
    lost = file_of(report).unreadable
    if not lost:
        return Clean(say("Every tensor that the file names is in it, whole."))
    return Found(
        say(
            "{tensor_count} {tensor_count:tensor|tensors} of the file {tensor_count:is|are} missing or damaged; "
            "loading it the ordinary way would fail.",
            tensor_count=len(lost),
        ),
        [point("tensor", item.name, say("{reason}", reason=item.value)) for item in lost],
    )


def without_weights(report: Report) -> Found | Clean:
    """A checkpoint of a model without a single tensor; a graph may well have none."""
    count = len(report.structure.tensors)
    if count:
        return Clean(say("The model has {tensor_count} {tensor_count:tensor|tensors}.", tensor_count=count))
    if report.source.content == "graph":
        return Clean(say("The graph computes without weights."))
    return Found(
        say("There are no weights: nothing in this report was checked on values."),
        [Evidence(kind="file", name=report.source.name)],
    )


def wrapped(report: Report) -> Found | Clean:
    """Names that still carry the prefix of a wrapper."""
    prefix = report.source.stripped_prefix
    if not prefix:
        return Clean(say("The names carry no prefix of a wrapper."))
    return Found(
        say("All names begin with {prefix}, which a wrapper of training left; it is not shown here.", prefix=prefix),
        [Evidence(kind="key", name=prefix)],
    )


RULES = (
    Rule(
        "R001",
        "warning",
        "Optimizer state in the file",
        "For a release, save the model alone: torch.save(model.state_dict(), path), or safetensors.",
        "provenance",
        optimizer,
    ),
    Rule(
        "R002",
        "note",
        "Private paths in the file",
        "Remove the training arguments before the file leaves the house.",
        "provenance",
        leftovers,
    ),
    Rule(
        "R003",
        "note",
        "Several models in the file",
        "Choose another one with --pick; for a release, save the one that is meant.",
        "provenance",
        several,
    ),
    Rule(
        "R004",
        "note",
        "Names with a wrapper's prefix",
        "Save model.module.state_dict() (DataParallel) or the original module (torch.compile).",
        "provenance",
        wrapped,
    ),
    Rule(
        "R005",
        "error",
        "Damaged or incomplete file",
        "Compare its size or hash with the original and copy it again.",
        "provenance",
        incomplete,
    ),
    Rule(
        "R006",
        "warning",
        "Checkpoint without weights",
        "Give the file or the folder that holds the weights.",
        "provenance",
        without_weights,
    ),
)
