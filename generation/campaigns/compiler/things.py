"""What the page is to hold: brands, categories, kinds of products; and for whom."""

import re
from itertools import pairwise

from generation.campaigns.compiler import lexicon
from generation.campaigns.compiler.known import LONGEST_NAME, Known
from generation.campaigns.compiler.text import WORD, Draft, stem, stems
from generation.catalog.vocabulary import STOP_WORDS

MOST_CONCEPTS = 12
_OWN = re.compile(
    r"\b(?:(?:our|the (?:shop|store)'?s?|the|your)\s+)?(?:own|private|house|store)[- ](?:\w+ )?(?:brands?|labels?)\b"
    r"(?:\s+(?P<only>only))?"
)
_PUSH = re.compile(
    r"\b(?:push(?:ing)?|promot(?:e|ing)|sell(?:ing)?|featur(?:e|ing)|favou?r|prefer|lead with|only|just|nothing but|"
    r"focus on|put forward|towards)\s+(?:more of\s+)?$"
)
_ONLY = (
    r"(?:only|just|exclusively|nothing but|solely|limit(?:ed)? to|restrict(?:ed)? to|"
    r"stick to|all from|everything from|everything by)"
)
_BY = re.compile(
    rf"\b(?:(?P<only>{_ONLY})\s+(?:(?:products?|things?|items?)\s+)?(?:(?:by|from|of)\s+)?|(?:by|from)\s+)"
    r"(?:the brands?\s+)?(?P<what>[^\s.,;:!?][^.,;:!?]{1,80})"
)
_BEHIND = re.compile(r"(?P<what>[^.,;:!?]{2,60}?)\s+(?:products?\s+)?(?:only|exclusively)(?=\s*(?:$|[.,;:!?]))")
_IN = re.compile(
    r"\b(?:in|from|of)\s+(?:the|our)\s+(?P<what>[\w&',/ -]{3,60}?)\s+(?:category|"
    r"department|aisle|section|range|shelf)\b"
)
_FOR = re.compile(r"\b(?:for|to|audience:?|segment:?|aimed at|targeting|target:?)\s+(?:the |our )?")


def read_own_brand(draft: Draft, known: Known) -> None:
    """ "Our own brand": the store's, where one of its brands carries its name; else a question to the person."""
    for match in draft.find(_OWN):
        verb = _PUSH.search(draft.folded[: match.start()])
        clause = verb and re.search(r"(?:^|[,.;:]\s*|\band\s+)$", draft.folded[: verb.start()])
        span = (verb.start() if verb and clause else match.start(), match.end())
        for brand in known.own_brands[:5]:
            asked = bool(verb or match["only"])
            draft.add("include_brands", brand, f"Only by {brand}", span, sure=asked, note="Your own brand.")
        if not known.own_brands and not draft.has("include_brands"):
            draft.add(
                "include_brands",
                None,
                "Your own brand",
                span,
                sure=False,
                question="Which brand is yours?",
                note=f"No brand of the catalogue carries the name {known.store.name}.",
            )


def read_places(draft: Draft, known: Known) -> None:
    """Brands and categories the page is limited to; where the text only names them they are offered."""
    for match in draft.find(_BY):
        found = _prefix(draft, match.start("what"), match.end("what"), known)
        if found is None:
            continue
        field, value, end = found
        restricts = bool(match["only"])
        if field == "include_categories" and not restricts:
            continue
        capital = draft.quoted(*match.span("what"))[0][:1].isupper()
        if field == "include_brands" and not restricts and not capital:
            continue
        more = re.match(r"\s+(?:only|exclusively)\b", draft.folded[end:])
        _place(draft, field, value, (match.start(), end + (more.end() if more else 0)), sure=restricts or bool(more))
        _also(draft, known, field, end, restricts or bool(more))
    for match in draft.find(_BEHIND):
        words = list(WORD.finditer(match["what"]))[-LONGEST_NAME:]
        for word in words:
            start = match.start("what") + word.start()
            found = _prefix(draft, start, match.end("what"), known)
            if found and found[2] == match.end("what"):
                _place(draft, found[0], found[1], (start, match.end()), sure=True)
                break
    for match in draft.find(_IN):
        path = known.category(match["what"])
        if path:
            _place(draft, "include_categories", path, match.span(), sure=False)
    _named_brands(draft, known)


def _prefix(draft: Draft, start: int, end: int, known: Known) -> tuple[str, str, int] | None:
    """The longest name of the catalogue that folded[start:end] begins with: field, value, past its end."""
    words = list(WORD.finditer(draft.folded, start, end))[:LONGEST_NAME]
    while words:
        phrase = draft.folded[start : words[-1].end()]
        if brand := known.brands.get(stems(phrase)):
            return "include_brands", brand, words[-1].end()
        if path := known.category(phrase):
            return "include_categories", path, words[-1].end()
        words.pop()
    return None


def _also(draft: Draft, known: Known, field: str, end: int, sure: bool) -> None:
    """More names of the same list: "only Acme, Bolt and Crane"."""
    while join := re.match(r"\s*(?:,|\bor\b|\band\b|,\s*(?:or|and)\b)\s+", draft.folded[end:]):
        found = _prefix(draft, end + join.end(), len(draft.folded), known)
        if found is None or found[0] != field:
            return
        _place(draft, field, found[1], (end + join.end(), found[2]), sure=sure)
        end = found[2]


def _place(draft: Draft, field: str, value: str, span: tuple[int, int], *, sure: bool) -> None:
    label = f"Only by {value}" if field == "include_brands" else f"Only in {value}"
    draft.add(field, value, label, span, sure=sure, note="" if sure else "You name it; tick it to show nothing else.")


def _named_brands(draft: Draft, known: Known) -> None:
    """Brands that stand in the middle of a sentence with a capital letter are offered, never taken."""
    words = list(WORD.finditer(draft.folded))
    place = 0
    while place < len(words):
        for length in range(min(LONGEST_NAME, len(words) - place), 0, -1):
            start, end = words[place].start(), words[place + length - 1].end()
            brand = known.brands.get(stems(draft.folded[start:end]))
            typed = draft.quoted(start, end)[0]
            inside = start > 0 and not re.search(r"[.!?]\s*$", draft.folded[:start])
            behind = re.match(
                r"(?:'s)?\s+(?:\w+\s+)?(?:range|brand|line|products|collection|series)\b", draft.folded[end:]
            )
            if brand and behind and inside and typed[:1].isupper() and draft.is_free(start, end) and len(typed) > 2:
                _place(draft, "include_brands", brand, (start, end), sure=False)
                place += length - 1
                break
        place += 1


def read_segment(draft: Draft, known: Known) -> None:
    """A segment that the text names in full."""
    words = list(WORD.finditer(draft.folded))
    for name, (slug, label) in sorted(known.segments.items(), key=lambda item: -len(item[0])):
        if draft.has("segment"):
            return
        for place in range(len(words) - len(name) + 1):
            if all(stem(words[place + n][0]) == part for n, part in enumerate(name)):
                start, end = words[place].start(), words[place + len(name) - 1].end()
                meant = bool(re.search(_FOR.pattern + r"$", draft.folded[:start])) or len(name) > 1
                draft.add("segment", slug, f"Audience: {label}", (start, end), sure=meant, claim=False)
                break


def read_concepts(draft: Draft, known: Known) -> None:
    """Kinds of products that the text names and the vocabulary has, the longest phrase of several."""
    words = [word for word in WORD.finditer(draft.folded) if draft.is_free(*word.span())]
    grams: dict[tuple[int, int], str] = {}
    for length in (3, 2, 1):
        for place in range(len(words) - length + 1):
            chosen = words[place : place + length]
            if any(draft.folded[a.end() : b.start()] not in (" ", "-") for a, b in pairwise(chosen)):
                continue
            texts = [word[0] for word in chosen]
            if texts[0] in STOP_WORDS or texts[-1] in STOP_WORDS or any(text.isdigit() for text in texts):
                continue
            if length == 1 and (stem(texts[0]) in lexicon.VAGUE or len(texts[0]) < 3):
                continue
            grams[chosen[0].start(), chosen[-1].end()] = " ".join(texts)
    entries = known.phrases(grams.values()) if grams else {}
    covered: list[tuple[int, int]] = []
    for span, phrase in grams.items():
        if sum(reading.field == "concepts" for reading in draft.readings) >= MOST_CONCEPTS:
            return
        if any(span[0] < end and start < span[1] for start, end in covered):
            continue
        text = entries.get(stems(phrase)) or (phrase if stems(phrase) in known.categories else "")
        if text:
            covered.append(span)
            draft.add("concepts", text, f"About {text}", span, claim=False)
