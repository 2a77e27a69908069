"""The module tree and the tensors of a checkpoint, whether or not its architecture is known."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property

from msgspec.structs import replace

from modelreport.checkpoint import Checkpoint, LazyTensor, Model
from modelreport.facts import DtypeTotal, Item, ModuleFact, Role, Skipped, Structure, TensorFact
from modelreport.identify.leaves import Context, guess_leaf
from modelreport.identify.quantised import Quantised, quantised_in
from modelreport.identify.sums import signatures_of, sum_up
from modelreport.identify.tensors import Sharing, fact_of, parameters_in, role_of, sharing_of
from modelreport.identify.tree import (
    Node,
    nodes_of_module,
    nodes_of_paths,
    nodes_of_tree,
    split_name,
)  # fmt: skip

_DEEPEST = 500
"""Parts of a name among which its module is looked for; trees in files are cut at this depth."""


@dataclass
class _Plan:
    """A tree, and how the tensors of the file belong to it."""

    origin: str
    nodes: list[Node]
    owners: dict[str, str] = field(default_factory=dict)
    """From file names to module paths, where the name does not say it."""
    roles: dict[str, Role] = field(default_factory=dict)
    """From file names."""
    aliases: dict[str, str] = field(default_factory=dict)
    """From a module's tensor that the file lacks to the file's tensor that it is tied to."""

    @cached_property
    def places(self) -> dict[str, int]:
        """Index of the first node of each path."""
        return {node.path: i for i, node in reversed(list(enumerate(self.nodes)))}


def describe(checkpoint: Checkpoint, model: Model | Skipped) -> Structure:
    """The module tree with its parameters, and every tensor, of a checkpoint.

    The tree is that of the live module, the pickled one, the graph or the identified architecture, in this order; with
    none of them it is guessed from the tensor names. Parameter counts are those of the file.
    """
    plan = _plan(checkpoint, model)
    tensors = checkpoint.tensors
    sharing = _share_live(checkpoint, sharing_of(tensors))
    owners: list[int] = []
    exact: list[bool] = []
    for tensor in tensors:
        place, own = _owner(plan, tensor.name)
        owners.append(place)
        exact.append(own)
    quantised = quantised_in(checkpoint)
    roles = [role_of(t, plan.roles, quantised) for t in tensors]
    facts = tuple(
        fact_of(t, tensors, sharing[i], i, roles[i], plan.nodes[owners[i]].path, quantised)
        for i, t in enumerate(tensors)
    )
    modules = _module_facts(plan, facts, sharing, owners, exact)
    return _structure(plan, modules, facts, sharing)


def _plan(checkpoint: Checkpoint, model: Model | Skipped) -> _Plan:
    name = _root_name(checkpoint, model)
    if checkpoint.graph is not None:
        from modelreport.identify.graph import nodes_of_graph

        nodes, owners = nodes_of_graph(checkpoint.graph, checkpoint.tensors, name)
        return _Plan("graph", nodes, owners)
    module = model.module if isinstance(model, Model) else None
    if checkpoint.live is not None:
        live = checkpoint.live if module is None else module
        renamed = model.renamed if isinstance(model, Model) else {}
        owners = {file_name: own.rpartition(".")[0] for own, file_name in renamed.items()}
        return _Plan("live", nodes_of_module(live, name), owners)
    if checkpoint.tree is not None:
        return _Plan("pickle", nodes_of_tree(checkpoint.tree, name))
    if isinstance(model, Model) and module is not None:
        return _plan_identified(checkpoint, model, name)
    return _plan_names(checkpoint.tensors, name, quantised_in(checkpoint))


def _root_name(checkpoint: Checkpoint, model: Model | Skipped) -> str:
    if isinstance(model, Model) and model.identification.name:
        return model.identification.name
    if checkpoint.tree is not None:
        return checkpoint.tree.type_path.rpartition(".")[2]
    return checkpoint.source.name.partition(".")[0] or checkpoint.source.name


def _plan_identified(checkpoint: Checkpoint, model: Model, name: str) -> _Plan:
    from modelreport.identify.fitting import tied_names

    module = model.module
    plan = _Plan("identified", nodes_of_module(module, name))
    in_file = {t.name for t in checkpoint.tensors}
    parameters = {n for n, _ in module.named_parameters(remove_duplicate=False)}
    buffers = {n for n, _ in module.named_buffers(remove_duplicate=False)}
    for own, role in [*((n, "parameter") for n in parameters), *((n, "buffer") for n in buffers)]:
        file_name = model.renamed.get(own, own)
        if file_name in in_file:
            plan.roles[file_name] = "parameter" if role == "parameter" else "buffer"
            plan.owners[file_name] = own.rpartition(".")[0]
    for file_name, own in model.joined.items():
        plan.roles[file_name] = "parameter"
        plan.owners[file_name] = own.rpartition(".")[0]
    for own, others in tied_names(module).items():
        if model.renamed.get(own, own) not in in_file:
            found = next((n for o in others if (n := model.renamed.get(o, o)) in in_file), None)
            if found is not None:
                plan.aliases[own] = found
    return plan


def _plan_names(tensors: Sequence[LazyTensor], name: str, quantised: Quantised) -> _Plan:
    """A tree guessed from dotted names, its leaves from the shapes."""
    own: dict[str, dict[str, tuple[int, ...]]] = {}
    owners: dict[str, str] = {}
    for tensor in tensors:
        packed = quantised.weights.get(quantised.parts.get(tensor.name, tensor.name))
        *parts, last = split_name(packed.weight if packed is not None else tensor.name)
        owner = ".".join(parts)
        owners[tensor.name] = owner
        if tensor.name not in quantised.parts:
            own.setdefault(owner, {})[last] = packed.shape if packed is not None else tensor.shape
    context = Context()
    types: dict[str, tuple[str, str, tuple[Item, ...]]] = {}
    for path, shapes in own.items():
        kind, values = guess_leaf(path, shapes, context)
        if kind != "Module":
            types[path] = (kind, "", tuple(Item(name=k, value=str(v)) for k, v in values.items()))
    return _Plan("names", nodes_of_paths(own, types, name), owners)


def _owner(plan: _Plan, name: str) -> tuple[int, bool]:
    """Index of the module that a tensor belongs to, and whether that is its own module and not just an ancestor."""
    path, places = plan.owners.get(name), plan.places
    if path is None:
        path = name.rpartition(".")[0]
    if path in places:
        return places[path], True
    path = ".".join(path.split(".", _DEEPEST)[:_DEEPEST])  # a name may be all dots
    while path not in places:
        if not path:
            return 0, False
        path = path.rpartition(".")[0]
    return places[path], False


def _share_live(checkpoint: Checkpoint, sharing: list[Sharing]) -> list[Sharing]:
    """Tied parameters of a live module on the meta device, which have no storage to tell them by."""
    if checkpoint.live is None or all(t.storage is not None for t in checkpoint.tensors):
        return sharing
    first: dict[int, int] = {}
    objects = {n: id(p) for n, p in checkpoint.live.named_parameters(remove_duplicate=False)}
    for i, tensor in enumerate(checkpoint.tensors):
        if tensor.storage is None and tensor.name in objects:
            earliest = first.setdefault(objects[tensor.name], i)
            if earliest != i:
                sharing[i] = Sharing(earliest, -1, 0)
    return sharing


def _module_facts(
    plan: _Plan, facts: Sequence[TensorFact], sharing: Sequence[Sharing], owners: Sequence[int], exact: Sequence[bool]
) -> tuple[ModuleFact, ...]:
    nodes = plan.nodes
    own: list[dict[str, int]] = [{} for _ in nodes]
    groups: dict[int, list[int]] = {}
    for i, fact in enumerate(facts):
        own_name = fact.name.rpartition(".")[2] if exact[i] else fact.name
        here = own[owners[i]]
        here[own_name if own_name not in here else f"{own_name} {len(here)}"] = i  # experts that the module joins
        groups.setdefault(sharing[i].first, []).append(owners[i])
    by_name = {fact.name: i for i, fact in enumerate(facts)}
    places = plan.places
    for alias, name in plan.aliases.items():
        path, _, last = alias.rpartition(".")
        if path in places and name in by_name:
            own[places[path]].setdefault(last, by_name[name])
            groups[sharing[by_name[name]].first].append(places[path])
    sums = sum_up(nodes, facts, sharing, groups)
    signatures = signatures_of(nodes, own, facts)
    made: list[ModuleFact] = []
    for i, node in enumerate(nodes):
        if node.shared_with >= 0:
            first = made[node.shared_with]
            made.append(replace(first, path=node.path, name=node.name, parent=node.parent, shared_with=first.path))
            continue
        registered = {sharing[t].first for t in own[i].values() if facts[t].role == "parameter"}
        made.append(
            ModuleFact(
                path=node.path,
                name=node.name,
                type=node.type,
                type_path=node.type_path,
                parent=node.parent,
                attributes=node.attributes,
                parameters=sums[i].parameters,
                own_parameters=sum(parameters_in(facts[t]) for t in registered),
                buffers=sums[i].buffers,
                size_bytes=sums[i].size_bytes,
                signature=signatures[i],
            )
        )
    return tuple(made)


def _structure(
    plan: _Plan, modules: tuple[ModuleFact, ...], facts: tuple[TensorFact, ...], sharing: Sequence[Sharing]
) -> Structure:
    distinct = [(f, sharing[i].stored_bytes) for i, f in enumerate(facts) if sharing[i].first == i]
    parameters = [f for f, _ in distinct if f.role == "parameter"]
    known = [f.trainable for f in parameters if f.trainable is not None]
    totals: dict[str, list[int]] = {}
    for fact, stored in distinct:
        if fact.role in {"parameter", "buffer"}:
            row = totals.setdefault(fact.dtype, [0, 0, 0])
            row[0], row[1], row[2] = row[0] + 1, row[1] + fact.count, row[2] + stored
    ranked = sorted(totals.items(), key=lambda item: (-item[1][2], item[0]))
    return Structure(
        origin=plan.origin,  # type: ignore[arg-type]
        modules=modules,
        tensors=facts,
        parameters=sum(map(parameters_in, parameters)),
        trainable=(
            sum(parameters_in(f) for f in parameters if f.trainable)
            if known and len(known) == len(parameters)
            else None
        ),
        buffers=sum(f.count for f, _ in distinct if f.role == "buffer"),
        parameter_tensors=len(parameters),
        buffer_tensors=sum(1 for f, _ in distinct if f.role == "buffer"),
        size_bytes=sum(row[2] for row in totals.values()),
        dtypes=tuple(DtypeTotal(dtype=d, tensors=t, count=c, size_bytes=b) for d, (t, c, b) in ranked),
    )
