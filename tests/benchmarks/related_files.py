"""Files whose relations are known, made up from a seed: versions, forms filled in, chapters of books, strangers.

The prose is put together from the words of a few subjects; with a corpus (BEIR's `corpus.jsonl`) it is real.
"""

from __future__ import annotations

import json
import random
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

_SUBJECTS = """
garden: hedge soil seed spade orchard compost frost pruning tulip greenhouse; dig plant water prune sow rake; damp green
bridge: girder bolt pier span rivet load bearing deck truss abutment; carry bend weld inspect corrode brace; rusty steel
violin: bow string peg varnish melody rehearsal orchestra rosin tuning sonata; play tune bow rehearse perform; warm soft
harbour: crane tide container quay pilot tug berth cargo lighthouse anchor; unload moor dredge sail tow dock; foggy deep
bakery: dough oven yeast loaf crust flour batch starter glaze bagel; knead bake proof glaze slice cool; crisp sour
court: witness judge verdict appeal statute plaintiff hearing counsel evidence bail; testify rule argue settle; strict
clinic: patient nurse dose fever vaccine ward surgeon symptom recovery scan; treat examine prescribe heal; acute mild
rocket: nozzle booster telemetry orbit fuel payload gantry stage countdown thrust; launch ignite steer dock; liquid hot
library: shelf catalogue archive reader manuscript binding loan index folio stamp; lend sort bind copy shelve; dusty
glacier: moraine crevasse ice melt core ridge snow valley drift meltwater; flow crack retreat freeze measure; blue
theatre: stage curtain actor script costume rehearsal prop audience scene balcony; act rehearse applaud direct; grand
network: router packet switch cable latency firewall server port socket outage; route drop reboot patch trace; slow busy
"""
_CLAUSES = (
    "{t} {n} {v} {t} {a} {m} {p} {t} {o}",
    "{P} {s} {t} {n} {p} {C}",
    "{r} {t} {b} {m} {w} {r} {p} {k} {n}",
    "{t} {a} {o} {r} {v} {h} {w} {t} {n}",
    "{p} {d} {t} {n} {h} {t} {m} {w}",
    "{t} {n} of {C} {s} {r} {a} {p} {t} {m}",
    "{h} {j} {o} {v} {t} {n} {r} {p} {y}",
)
_JOINTS = ("{c} ", "{c} ", ", {c} ", "; {r} ", ", {h} ")
_SMALL = {
    "t": "the a this every that no some our his their another each",
    "p": "in on under near without before after behind through against across beyond around until despite",
    "c": "and but because while so although where unless whereas since when",
    "r": "slowly again often hardly soon never almost still together twice elsewhere quietly perhaps already",
    "s": "saw kept left found took brought wanted sold changed followed remembered described ignored lost",
    "h": "which nobody somebody it they anyone everything neither",
}
_PEOPLE = "Ada Berg|Tomas Lind|Mary Okafor|Jun Sato|Elif Kaya|Paul Meyer|Nina Rossi|Omar Haddad|Eva Novak|Li Wei"
_CITIES = "Lisbon|Gdansk|Leeds|Turin|Bergen|Porto|Ghent|Malmo|Basel|Cork|Zagreb|Nantes"
_MONTHS = "January|March|April|June|July|September|November"

_FORMS = {
    "invoice.txt": """Northwind Supplies Ltd
Invoice number: {k}{j}
Date: {d} {y}
Bill to: {P}, {C}
Order: {k}-{j}

Description: {n}, {a}
Quantity: {j}
Unit price: {k}.{j} EUR
Description: {m}, {b}
Quantity: {i}
Unit price: {j}.{i} EUR
Total: {k}{i}.{j} EUR

Please pay within thirty days to the account below and quote the number of the invoice.
Goods remain our property until they are paid for in full. Claims must reach us within eight days of delivery.
""",
    "letter.txt": """Dear {P},

thank you for your letter of {d}. We are pleased to tell you that your application for the {n} in {C} has been
approved, under the number {k}{j}. The agreement begins on {d} {y} and ends after {i} months unless you extend it.
Please sign the enclosed copy and return it within two weeks. If you have any questions, {Q} in our {C} office will
gladly help you. You will find the general terms on the back of this letter.

Yours sincerely,
{Q}
""",
    "statement.txt": """Harbour Insurance, 12 Quay Street, 5003 Bergen

Dear Ada Berg,

enclosed you will find the statement of your account for the year {y}. At its end the balance was {k}.{j} EUR, and
{i}.{j} EUR of interest were credited to it. Please keep this letter for your tax declaration. If anything is unclear,
call Tomas Lind under 552 1304.

Yours sincerely,
Harbour Insurance
""",
    "minutes.md": """# Minutes of the meeting

Present: {P}, {Q}
Place: {C}
Date: {d} {y}

## Review of open points

{prose}

## New business

{prose}

## Decisions

{prose}

## Next steps

{prose}
""",
    "report.md": """# Incident report

Reported by: {P}
Location: {C}
Number: {k}{j}

## What happened

{prose}

## Cause

{prose}

## Measures taken

{prose}

Confidential. This report is for internal use only and must not be passed on without the consent of the safety office.
""",
    "contract.txt": """AGREEMENT

between {P}, {C} (the owner) and {Q}, {C} (the user), made on {d} {y}.

1. Subject. The owner lets the user have the {n} described in annex {i} for {j} months, for a fee of {k} EUR a month.
2. Duty of care. The user shall treat it with care, keep it in good repair and tell the owner at once of any damage.
3. Liability. The user answers for every damage that arises from use contrary to this agreement. The owner answers for
intent and gross negligence alone. Claims lapse one year after the agreement has ended.
4. Termination. Either side may end the agreement in writing with notice of {i} weeks to the end of a month. The right
to end it at once for good cause remains. On its end the user shall return everything in the state it was received.
5. Place of jurisdiction is {C}. Changes of this agreement must be in writing. Should one clause be void, the others
remain in force, and the parties shall agree on what comes nearest to the purpose of the void one.
""",
    "stock.csv": "Article,Store,Responsible,Stock,Reorder at,Last counted\n{rows}",
}


@dataclass(frozen=True, slots=True)
class RelatedFile:
    """One file of the set: where it lies, what is in it, what it was made as and of."""

    name: str
    text: str
    relation: str
    """version, form, chapter, stranger, article, translation."""
    family: str
    edited: float = 0.0
    """Of a version: the share of its words that was edited."""
    answer: str = ""
    """The one file that is to be found for it, where that is not its whole family."""


class Prose:
    """Sentences about a subject, made up or taken from a corpus."""

    def __init__(self, seed: int, corpus: Path | None = None) -> None:
        self._random = random.Random(seed)
        self._subjects = [_subject(line) for line in _SUBJECTS.strip().splitlines()]
        self._documents = _read(corpus) if corpus is not None else []
        self._random.shuffle(self._documents)
        self.is_real = bool(self._documents)

    def document(self, sentences: int, book: int | None = None) -> Callable[[], str]:
        """What gives paragraphs of so many sentences about one subject, each another.

        Args:
            book: half of the subjects are those of books alone, each of another.
        """
        if self._documents:
            return self._documents.pop
        half = len(self._subjects) // 2
        subject = self._random.choice(self._subjects[half:]) if book is None else self._subjects[book]
        return lambda: " ".join(self._sentence(subject) for _ in range(sentences))

    def _sentence(self, subject: dict[str, list[str]]) -> str:
        first, second = self._random.sample(_CLAUSES, 2)
        joint = self._random.choice(_JOINTS)
        text = self.filled(f"{first}{'' if joint[0] in ',;' else ' '}{joint}{second}.", subject)
        return text[0].upper() + text[1:]

    def filled(self, pattern: str, subject: dict[str, list[str]] | None = None) -> str:
        """`pattern` with each slot filled anew."""
        about = subject or self._random.choice(self._subjects)
        return re.sub(r"\{(\w+)\}", lambda match: self._word(match[1], about), pattern)

    def _word(self, slot: str, subject: dict[str, list[str]]) -> str:
        choice, number = self._random.choice, self._random.randrange
        if slot == "prose":
            return self.document(5)()
        if slot == "rows":
            row = "{a} {n},{C},{P},{k},{j},{i} {d} {y}\n"
            return "".join(self.filled(row, subject) for _ in range(25))
        words = {
            "n": "nouns",
            "m": "nouns",
            "o": "nouns",
            "v": "verbs",
            "w": "verbs",
            "a": "adjectives",
            "b": "adjectives",
        }
        if slot in _SMALL:
            return choice(_SMALL[slot].split())
        if slot in words:
            return choice(subject[words[slot]])
        made: dict[str, Callable[[], str]] = {
            "P": lambda: choice(_PEOPLE.split("|")),
            "Q": lambda: choice(_PEOPLE.split("|")),
            "C": lambda: choice(_CITIES.split("|")),
            "k": lambda: str(number(100, 1000)),
            "j": lambda: str(number(10, 100)),
            "i": lambda: str(number(2, 10)),
            "d": lambda: f"{number(1, 29)} {choice(_MONTHS.split('|'))}",
            "y": lambda: str(number(2010, 2026)),
        }
        return made[slot]()

    def edited(self, text: str, share: float) -> str:
        """`text` with about so many of its words edited: half as single words, half as whole sentences."""
        words = re.findall(r"\S+\s*", text)
        others = re.findall(r"\S+", self.document(8)())
        for _ in range(round(len(words) * share / 2)):
            at = self._random.randrange(len(words))
            other = self._random.choice(others)
            tail = re.search(r"\s*$", words[at])[0]  # type: ignore[index]
            words[at] = self._random.choice((other + tail, "", words[at] + other + " "))
        sentences = re.findall(r"[^.!?]+[.!?]?\s*", "".join(words))
        wanted = len(words) * share / 2
        while wanted > 0 and len(sentences) > 2:
            at = self._random.randrange(len(sentences))
            wanted -= len(sentences[at].split())
            new = " ".join(self._random.choices(others, k=12)) + ". "
            kind = self._random.random()
            sentences[at] = "" if kind < 0.4 else new if kind < 0.8 else sentences[at]
            if kind >= 0.8:  # moved
                sentences.append(sentences.pop(at))
        return "".join(sentences)


def related_files(seed: int, prose: Prose, families: int = 12) -> Iterator[RelatedFile]:
    """The whole set."""
    for family in range(families):
        paragraph = prose.document(6)
        text = "\n\n".join(paragraph() for _ in range(random.Random(seed + family).choice((2, 4, 8, 16))))
        yield RelatedFile(f"text {family}.md", text, "version", f"v{family}")
        for share in (0.01, 0.05, 0.10, 0.20, 0.40):
            name = f"text {family}, changed by {share:.0%}.md"
            yield RelatedFile(name, prose.edited(text, share), "version", f"v{family}", share)
    for form, pattern in _FORMS.items():
        stem, _, suffix = form.rpartition(".")
        for copy in range(6):
            yield RelatedFile(f"{stem} {copy}.{suffix}", prose.filled(pattern), "form", form)
    for book in range(0 if prose.is_real else len(_SUBJECTS.split("\n")) // 2 - 1):
        paragraph = prose.document(6, book)
        for chapter in range(1, 7):
            text = f"# Chapter {chapter}\n\n" + "\n\n".join(paragraph() for _ in range(4))
            yield RelatedFile(f"book {book}, {chapter}.md", text, "chapter", f"b{book}")
    for stranger in range(5 * families):
        paragraph = prose.document(6)
        yield RelatedFile(f"other {stranger}.txt", "\n\n".join(paragraph() for _ in range(3)), "stranger", "")


def _subject(line: str) -> dict[str, list[str]]:
    _, _, words = line.partition(": ")
    nouns, verbs, adjectives = (part.split() for part in words.split("; "))
    return {"nouns": nouns, "verbs": verbs, "adjectives": adjectives}


def _read(corpus: Path) -> list[str]:
    with corpus.open(encoding="utf-8") as lines:
        return [json.loads(line)["text"] for line in lines]
