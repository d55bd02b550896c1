"""The keys of the review screens, which everybody may move to where their fingers are."""

from collections.abc import Mapping
from typing import NamedTuple

from accounts.models import User
from review.models import KeyMap
from storefront_studio.lib.errors import BadInput


class Key(NamedTuple):
    """An act of the review screens: its name in templates, what it does in words, the key it has at first."""

    act: str
    does: str
    key: str


KEYS = (
    Key("approve", "Approve", "a"),
    Key("fix", "Fix and approve: save the words you typed and approve", "f"),
    Key("changes", "Request changes", "c"),
    Key("reject", "Reject", "r"),
    Key("undo", "Undo", "u"),
    Key("next", "Next", "j"),
    Key("previous", "Previous", "k"),
    Key("edit", "Edit the title", "e"),
    Key("page", "See the page", "p"),
    Key("queue", "Back to the queue", "q"),
    Key("take", "Take it over from who is at it", "t"),
    Key("resubmit", "Send for review again", "s"),
    Key("overturn", "Overturn", "o"),
    Key("keys", "Change these keys", "y"),
)
DEFAULTS = {one.act: one.key for one in KEYS}
ALLOWED = frozenset("abcdefghijklmnopqrstuvwxyz0123456789,.-+#'")


def of(person: User) -> dict[str, str]:
    """{act: key} as `person` has them."""
    found = KeyMap.objects.filter(person=person).values_list("keys", flat=True).first() or {}
    return DEFAULTS | {act: key for act, key in found.items() if act in DEFAULTS}


def check(given: Mapping[str, str]) -> dict[str, str]:
    """{act: key} for every act, in lower case. Raises BadInput, naming the act, for what is no single key, and for a
    key that would do two things."""
    keys = {one.act: given.get(one.act, one.key).strip().lower() for one in KEYS}
    does = {one.act: one.does.partition(":")[0] for one in KEYS}
    taken: dict[str, str] = {}
    for act, key in keys.items():
        if key not in ALLOWED:
            raise BadInput(f"“{does[act]}” needs one letter, digit or sign such as - or +; “?” and Enter are taken.")
        if key in taken:
            raise BadInput(f"“{key.upper()}” cannot do both: “{does[taken[key]]}” and “{does[act]}”.")
        taken[key] = act
    return keys


def save(*, person: User, given: Mapping[str, str]) -> dict[str, str]:
    """Keep what differs from the first keys; giving those again forgets the rest. Raises BadInput as `check` does."""
    keys = check(given)
    own = {act: key for act, key in keys.items() if key != DEFAULTS[act]}
    KeyMap.objects.update_or_create(person=person, defaults={"keys": own})
    return keys
