"""How the page may speak: words never to be said, and the brand's voice."""

import re

from generation.campaigns.compiler.text import Draft

LONGEST_TERM = 40
_BANNED = re.compile(
    r"\b(?:never (?:say|write|mention|use|call (?:it|them|anything))|(?:do not|"
    r"don't|dont|must not|should not|cannot|can't) (?:say|write|mention|use the (?:words?|"
    r"terms?))|"
    r"(?:avoid|without|no)(?: using)? the (?:words?|terms?|phrases?)|without (?:saying|"
    r"mentioning)|banned (?:words?|terms?)\s*(?::|are)?|forbidden words?\s*(?::|"
    r"are)?|"
    r"(?:words?|terms?) to avoid\s*:?)\s*(?:the (?:words?|terms?|phrases?)\s+)?(?P<what>(?:[^.;!?\n]|\.(?=\d))+)"
)
_QUOTED = re.compile(r"[\"“”„«»]([^\"“”„«»]{1,80})[\"“”„«»]|(?<!\w)'([^']{1,80})'(?!\w)")
# A new request after the list of words.
_NEXT = re.compile(
    r",?\s+(?:(?:and|but|then)\s+)?\b(?:push|show|keep|focus|use|make|build|sell|lead|instead|because|until|anywhere|"
    r"on the page|in (?:any )?titles?)\b.*"
    r"|,\s+(?:and\s+|but\s+)?(?:only|with|under|over|no|nothing|without|rated|in stock|well rated|up to|"
    r"at (?:most|least))\b.*"
)
_VOICE = (
    re.compile(r"\b(?:brand voice|voice|tone(?: of voice)?|style)\s*(?:is|:|should be|=)\s*(?P<what>[^.;!?\n]{3,200})"),
    re.compile(
        r"\b(?:in|with|use|keep) an? (?P<what>[a-z][a-z ,-]{2,60}?) (?:tone(?: of voice)?|voice|style of writing)\b"
    ),
    re.compile(r"\b(?:keep|make) (?:the )?(?:tone|voice|it sound(?:ing)?) (?P<what>[a-z][a-z ,-]{2,80})"),
    re.compile(r"\b(?:written|worded) (?P<what>[a-z]+ly(?:,? (?:and )?[a-z]+ly)*)\b"),
)


def read_words(draft: Draft) -> None:
    """Banned terms first: what is quoted there must not be read as anything else."""
    for match in draft.find(_BANNED):
        _banned(draft, match)
    for pattern in _VOICE:
        for match in draft.find(pattern):
            if draft.has("brand_voice"):
                continue
            quote, _start, _end = draft.quoted(*match.span("what"))
            voice = " ".join(quote.split()).strip(" ,")[:300]
            draft.add("brand_voice", voice, f"Voice: {voice}", match.span())


def _banned(draft: Draft, match: re.Match[str]) -> None:
    start, end = match.span("what")
    what = draft.folded[start:end]
    quoted = list(_QUOTED.finditer(what))
    if quoted:
        spans = [
            (start + found.start(found.lastindex or 0), start + found.end(found.lastindex or 0)) for found in quoted
        ]
        claimed = start + quoted[-1].end()
    else:
        stop = _NEXT.search(what)
        what = what[: stop.start()] if stop else what
        spans = [
            (start + found.start(), start + found.end())
            for found in re.finditer(r"[^,/]+?(?=\s+(?:or|and|nor)\s|[,/]|$)", what)
        ]
        claimed = start + len(what)
    taken = False
    for first, last in spans:
        term = re.sub(r"^\s*(?:(?:or|and|nor)\s+)?", "", draft.quoted(first, last)[0]).strip(" ,'’\"“”")
        if 2 <= len(term) <= LONGEST_TERM and len(term.split()) <= 4:
            quoted_from = first if taken else match.start()
            draft.add("banned_terms", term, f"Never say “{term}”", (quoted_from, last), claim=False)
            taken = True
    if taken:
        draft.claim(match.start(), claimed)
