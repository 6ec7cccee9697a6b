"""Migration rules: what a migration since the last release may not do, for that release's code still writes to the database.

For the seconds between `migrate` and the restart, and after a rollback, the older code meets the newer schema. So a release may
only expand: new tables, new columns that the database can fill by itself. What the older code still names is contracted by the
release after (docs/upgrading.md).
"""

from collections.abc import Callable, Iterator
from typing import Any

from django.apps.registry import Apps
from django.db import models
from django.db.migrations import operations as op
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.migration import Migration
from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ProjectState

from operations.upgrading import released

OURS = {"accounts", "articles", "newsletter", "operations", "quiz", "trustsite"}
FILL = "Give it null=True or a db_default: the last release’s code doesn’t name it when it writes."
LATER = "The last release’s code still names it: take it out of the models now, of the database in the release after."


def problems() -> list[str]:
    """Return what migrations since the last release do too early, a line each."""
    loader = MigrationLoader(None)
    before = released.migrations() & set(loader.graph.nodes)
    old = loader.project_state(sorted(before)).apps
    found: list[str] = []
    for node in _new(loader, before):
        migration = loader.graph.nodes[node]
        state = loader.project_state(node, at_end=False)
        found += [f"{node[0]}.{node[1]}: {words}" for words in broken(migration, state, old)]
    return found


def _new(loader: MigrationLoader, before: set[released.Name]) -> list[released.Name]:
    return sorted(node for node in loader.graph.nodes if node not in before and node[0] in OURS)


def broken(migration: Migration, state: ProjectState, old: Apps) -> Iterator[str]:
    """Yield what one migration does too early; `old` are the models of the last release."""
    for operation in migration.operations:
        for each in _of_the_database(operation):
            yield from _broken(each, migration.app_label, state, old)
        operation.state_forwards(migration.app_label, state)


def _of_the_database(operation: Operation) -> list[Operation]:
    if isinstance(operation, op.SeparateDatabaseAndState):
        return list(operation.database_operations)
    return [operation]


def _broken(operation: Operation, app: str, state: ProjectState, old: Apps) -> Iterator[str]:
    model = _old_model(old, app, getattr(operation, "model_name", getattr(operation, "name", "")))
    if isinstance(operation, op.RenameModel):
        model = _old_model(old, app, operation.old_name)
    if model is None:
        return  # a table that the last release doesn't know
    look = LOOKS.get(type(operation))
    if look:
        yield from look(operation, model, state)


def _old_model(old: Apps, app: str, name: str) -> type[models.Model] | None:
    try:
        return old.get_model(app, name)
    except LookupError:
        return None


def _old_field(model: type[models.Model], name: str) -> models.Field | None:
    return next((field for field in model._meta.local_fields if field.name == name), None)


def _gone(operation: Operation, model: type[models.Model], state: ProjectState) -> Iterator[str]:
    yield f"{model._meta.label} is taken away or renamed. {LATER}"


def _removed(
    operation: op.RemoveField, model: type[models.Model], state: ProjectState
) -> Iterator[str]:
    if _old_field(model, operation.name):
        yield f"{model._meta.label}.{operation.name} is taken away. {LATER}"


def _renamed(
    operation: op.RenameField, model: type[models.Model], state: ProjectState
) -> Iterator[str]:
    before = _old_field(model, operation.old_name)
    if before and not before.db_column:  # one with a column's name of its own keeps it
        yield f"{model._meta.label}.{operation.old_name} is renamed. {LATER}"


def _added(operation: op.AddField, model: type[models.Model], state: ProjectState) -> Iterator[str]:
    field = operation.field
    if field.many_to_many or field.null or field.has_db_default():
        return
    yield f"{model._meta.label}.{operation.name} is added and can’t be empty. {FILL}"


def _altered(
    operation: op.AlterField, model: type[models.Model], state: ProjectState
) -> Iterator[str]:
    before, after = _old_field(model, operation.name), operation.field
    if before is None:
        return
    name = f"{model._meta.label}.{operation.name}"
    if before.null and not after.null:
        yield f"{name} can’t be empty any more. {LATER}"
    if (after.db_column or operation.name) != (before.db_column or before.name):
        yield f"{name} gets another column. {LATER}"
    if before.get_internal_type() != after.get_internal_type():
        yield f"{name} gets another type. {LATER}"
    if (after.max_length or 0) < (before.max_length or 0) or (after.unique and not before.unique):
        yield f"{name} takes less than before. {LATER}"


def _narrowed(
    operation: Operation, model: type[models.Model], state: ProjectState
) -> Iterator[str]:
    yield f"{model._meta.label} gets a constraint that the last release’s code doesn’t know of. {LATER}"


Look = Callable[[Any, type[models.Model], ProjectState], Iterator[str]]
LOOKS: dict[type[Operation], Look] = {
    op.DeleteModel: _gone,
    op.RenameModel: _gone,
    op.AlterModelTable: _gone,
    op.RemoveField: _removed,
    op.RenameField: _renamed,
    op.AddField: _added,
    op.AlterField: _altered,
    op.AddConstraint: _narrowed,
    op.AlterUniqueTogether: _narrowed,
}
