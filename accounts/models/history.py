"""What keeps history append-only beyond UPDATE and DELETE, which each table refuses by a trigger of its own."""

from typing import Any

import pgtrigger


def no_truncate() -> Any:
    """A trigger that refuses TRUNCATE, which row triggers do not see.

    Django's tests empty tables by TRUNCATE, so a database whose name begins with test_ lets it pass, unless the session
    sets studio.guard_truncate: that can only refuse more, never less.
    """
    return pgtrigger.Trigger(
        name="no_truncate",
        level=pgtrigger.Statement,
        when=pgtrigger.Before,
        operation=pgtrigger.Truncate,
        func=(
            "IF current_database() NOT LIKE 'test\\_%' OR current_setting('studio.guard_truncate', true) = 'on' THEN "
            "RAISE EXCEPTION 'pgtrigger: Cannot truncate rows from % table', TG_TABLE_NAME; END IF; RETURN NULL;"
        ),
    )
