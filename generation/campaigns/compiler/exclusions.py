"""What the page must not hold: "no pork", "nothing with plastic", "without nuts or dairy", "not by Acme"."""

import re
from collections.abc import Iterator

from generation.campaigns.compiler import lexicon
from generation.campaigns.compiler.known import Known
from generation.campaigns.compiler.text import BOUNDARY, Draft, stem, stems
from generation.stages.words import kin, skeleton

MOST = 12  # exclusions looked up in the catalogue for one text
_TRIGGER = re.compile(
    r"\b(?P<word>no|without|nothing (?:with|containing|from|by|in|of|made (?:of|"
    r"from|with)|that (?:contains|has))|no(?:thing)? to do with|"
    r"avoid(?:ing)?|exclud(?:e|es|ing)|leav(?:e|ing) out|skip(?:ping)?|free (?:of|"
    r"from)|except(?: for)?|but not|but no|not? any|other than|"
    r"(?:do not|don't|dont|never|must not|should not) (?:show|include|promote|"
    r"push|sell|want|feature|list|have|contain|add)(?: any| me)?|"
    r"keep out|hold the|and no|nor|not (?:from|by|in))\s+"
)
_FREE = re.compile(r"\b(?P<what>[a-z]{3,})(?P<mark>[- ])free\b")
_ITEM = re.compile(
    r"\s*(?:(?P<join>,\s*(?:or|and|nor)|,|/|\bor\b|\band\b|\bnor\b)\s+)?"
    r"(?P<what>[a-z0-9][\w'&%.-]*(?: (?:& )?[a-z0-9][\w'&%-]*){0,3})"
)
# Said so plainly that it counts although no product names it yet; "no" and "without" are said of much else.
_PLAIN = re.compile(
    r"nothing (?:with|containing|made|that)|avoid|exclud|leav|free|do not|don't|dont|never|must not|should not|keep out"
)
_ARTICLES = r"(?:an?|the|their|our|his|her|its|my|your|having|being|getting|any of)\b"
_NEEDS = re.compile(r"\b(?:needs?|requires?|has|have|had|takes?|there (?:is|are|was)|know|want|say|said|with|or)\s+$")
_FROM = ("from", "by", "in")


def read_exclusions(draft: Draft, known: Known) -> None:
    """Brands and categories where the catalogue has them by that name, words that no product may carry otherwise."""
    looked = 0
    for match in draft.find(_TRIGGER):
        if not draft.is_free(*match.span()) or _NEEDS.search(draft.folded[: match.start()]):
            continue
        if re.match(_ARTICLES, draft.folded[match.end() :]) and match["word"] in ("no", "without", "nor", "and no"):
            continue  # "without a socket", "without the leads" tells a story, not a rule
        article = re.match(r"(?:the|our|any)\s+", draft.folded[match.end() :])
        after = match.end() + (article.end() if article else 0)
        for start, end, certain in list(_items(draft, after)):
            looked += 1
            if looked > MOST:
                return
            span = (match.start() if start == after else start, end)
            if draft.is_free(start, end):
                _exclude(draft, known, span, (start, end), match["word"], certain)
    for match in draft.find(_FREE):
        what = stem(match["what"])
        if what in lexicon.ABSTRACT or what in lexicon.FEATURES:
            continue
        if match["mark"] == " " and what not in lexicon.OFTEN and len(kin(match["what"])) == 1:
            continue  # "towards free delivery"
        _term(draft, known, match["what"], match.span(), True, "free")


def _items(draft: Draft, start: int) -> Iterator[tuple[int, int, bool]]:
    """The things of a list that begins at `start`: first, past its end, and whether it surely belongs to the list."""
    chain: list[tuple[int, int, str]] = []
    place = start
    while len(chain) < 8 and (match := _ITEM.match(draft.folded, place)):
        if chain and not match["join"]:
            break
        end = _cut(match["what"])
        if not end or re.match(_ARTICLES, match["what"]):
            break
        chain.append((match.start("what"), match.start("what") + end, (match["join"] or "").strip()))
        place = match.start("what") + end
        if end < len(match["what"].rstrip()) and not re.match(r"\s+(?:or|and|nor)\b|\s*[,/]", draft.folded[place:]):
            break
    # A comma goes on with a list only where "or" or "and" closes it: "onion, garlic and roots", not "pork, suppers".
    closes = max((n for n, (_s, _e, join) in enumerate(chain) if join and join != ","), default=0)
    for number, (first, last, _join) in enumerate(chain):
        if number <= closes:
            yield first, last, True
        elif (
            number == len(chain) - 1 and " " not in draft.folded[first:last] and re.match(BOUNDARY, draft.folded[last:])
        ):
            yield first, last, False
        else:
            return


def _cut(what: str) -> int:
    """How many characters of `what` name one thing: up to the first word that starts another thought."""
    end = 0
    for word in re.finditer(r"\S+", what):
        if word[0].strip("'.-") in lexicon.STOP:
            break
        end = word.end()
    return end


def _exclude(
    draft: Draft, known: Known, span: tuple[int, int], what: tuple[int, int], trigger: str, certain: bool
) -> None:
    phrase = draft.folded[what[0] : what[1]].strip(" .-'")
    last = stem(phrase.split(" ")[-1])
    behind = re.match(
        r"\s+(?:brands?|products?|items?|category|categories|department|aisle)\b", draft.folded[what[1] :]
    )
    end = what[1] + (behind.end() if behind else 0)
    span = (span[0], end)
    first = phrase.split(" ")[0]
    if last in lexicon.ABSTRACT or (
        first.endswith("ing") and not known.category(phrase) and not known.phrases([phrase])
    ):
        return  # "without spending much": something not to be done, not something not to be sold
    brand = known.brand(phrase) if len(phrase) > 2 else ""
    if brand and (trigger.split(" ")[-1] in _FROM or (behind and "brand" in behind[0]) or not known.category(phrase)):
        draft.add("exclude_brands", brand, f"Not by {brand}", span, sure=certain)
        return
    path = known.category(phrase)
    if path:
        draft.add("exclude_categories", path, f"Not in {path}", span, sure=certain, claim=False)
        if trigger in ("nothing from", "nothing in", "not in", "not from") or (behind and "cat" in behind[0]):
            draft.claim(*span)
            return
    if trigger in ("not from", "not by", "not in", "nothing from", "nothing by", "nothing in"):
        named = draft.quoted(*what)[0][:1].isupper()
        if trigger.startswith("nothing") or named:  # else a turn of phrase: "not by model number"
            draft.leave(*span, why=f"the catalogue has no brand or category “{phrase}”")
        return
    _term(draft, known, phrase, span, certain, trigger)


def _term(draft: Draft, known: Known, phrase: str, span: tuple[int, int], certain: bool, trigger: str) -> None:
    """A word that no product may carry; one that no product names is only offered."""
    words = phrase[:60].strip().split(" ")
    while len(words) > 1 and not known.sells(" ".join(words)):  # "root vegetables this week"
        words.pop()
    phrase = " ".join(words) if len(words) > 1 or known.sells(words[0]) else phrase[:60].strip()
    if not len(phrase) >= 2 or stem(phrase) in lexicon.ABSTRACT:
        return
    sells = len(kin(phrase)) > 1 or known.sells(phrase)
    if not sells and len(stems(phrase)) > 2:
        return  # a turn of phrase, not a thing
    note = "" if sells else f"No product of the catalogue names “{phrase}” now."
    if sells and not certain:
        note = "It may belong to the list before it."
    plain = sells or stem(phrase) in lexicon.OFTEN or _PLAIN.match(trigger) is not None
    draft.add("exclude_terms", skeleton(phrase), f"Without {phrase}", span, sure=plain and certain, note=note)
