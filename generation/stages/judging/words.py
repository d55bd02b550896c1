"""Text that has no place in a row: markup, words to a machine, promises that nothing here can keep."""

import re

from generation.catalog.feed.text import clean, plain
from generation.stages.words import skeleton

_ADDRESS = re.compile(r"https?://|\bwww\.|\]\(|\{\{|\}\}|</?\w+[^>]*>?|```", re.IGNORECASE)

# Catalogue text that talks to whoever reads it with a program. The list is short on purpose: each of these is a
# sentence to a machine and no product's name.
_TO_A_MACHINE = re.compile(
    r"\b(?:ignore|disregard|forget|override)\b.{0,40}\b(?:instructions?|rules?|prompts?|above|previous|guidelines?)\b"
    r"|\b(?:system|developer)\s+(?:prompt|message|instructions?)\b"
    r"|\b(?:judges?|evaluators?|assistants?|models?|ai|llm)\b.{0,20}\b(?:must|should|shall|please|always)\b.{0,30}"
    r"\b(?:pass|approve|accept|select|rank|rate|return|answer)\b"
    r"|\b(?:mark|rate|judge|score|return|answer)\b.{0,30}"
    r"\b(?:passes\W{0,4}true|as (?:safe|relevant|passing|approved))\b"
    r"|\b(?:you are|act as)\b.{0,20}\b(?:an? )?(?:ai|assistant|judge|language model)\b"
    r"|</?data>|\bas an? (?:ai|language model)\b",
    re.IGNORECASE,
)

# What a title cannot keep, since prices, stock and ranks change under it and cures are not ours to promise.
_PROMISE = re.compile(
    r"\b\d{1,2}\s?%\s?(?:off|discount|cheaper|less)\b|\bhalf[\s-]price\b"
    r"|\b(?:two|2|buy one|bogo)\s?(?:for|-for-|get)\s?(?:one|1)\b"
    r"|[€£$₹]\s?\d|\b\d+\s?(?:€|£|euros?|dollars?|pounds|rupees)\b"
    r"|\b(?:cheapest|lowest prices?|best (?:prices?|deals?|value)|bargains?|clearance|on sale|discount(?:ed|s)?)\b"
    r"|\b(?:last chance|while stocks? lasts?|limited stock|free (?:delivery|shipping))\b"
    r"|\b(?:guaranteed|clinically (?:proven|tested)|doctor[\s-]recommended|miracle|cures?|heals)\b"
    r"|\b(?:world'?s best|number one|no\. ?1|#1)\b",
    re.IGNORECASE,
)


def has_markup(text: str) -> bool:
    """Whether `text` holds tags, entities, addresses, template marks or hidden characters."""
    return bool(_ADDRESS.search(text)) or plain(text) != clean(text) or clean(text) != " ".join(text.split())


def to_a_machine(text: str) -> str:
    """The words of `text` that address a judge or a model, or ""."""
    found = _TO_A_MACHINE.search(skeleton(text))
    return found[0][:60] if found else ""


def promise(text: str) -> str:
    """The words of `text` that promise a price, stock, a rank or a cure, or ""."""
    found = _PROMISE.search(skeleton(text))
    return found[0].strip() if found else ""
