"""What makes two documents alike: runs of words, names and numbers, labels, and which vectors are near."""

from __future__ import annotations

import socket
from pathlib import Path

import numpy as np
import pytest

from finder.errors import CancelledError
from finder.search.likeness.families import Families
from finder.search.likeness.judging import judged
from finder.search.likeness.near import near_pairs
from finder.search.likeness.portrait import Portrait, Portraits
from finder.search.likeness.related import Relation
from finder.search.likeness.unrelated import Unrelated
from finder.search.likeness.wording import Wording, agreement
from finder.service.connection import Reply
from finder.service.requests.relations import telling, undisturbed
from finder.store import comparing
from finder.store.schema import open_writer
from finder.vectors import Space
from finder.workers.channel import Channel
from tests.benchmarks.related_files import Prose
from tests.benchmarks.topics import SyntheticCatalog

INVOICE = (
    "Northwind Supplies\nInvoice number: {number}\nDate: {date}\nBill to: {who}, {where}\nTotal: {total} EUR\n\n"
    "Please pay within thirty days to the account below and quote the number of the invoice."
)
ONE = INVOICE.format(number=1041, date="3 March 2021", who="Ada Berg", where="Lisbon", total="310.50")
OTHER = INVOICE.format(number=2215, date="19 July 2023", who="Jun Sato", where="Turin", total="87.20")
LETTER = (
    "Dear {who}, we are pleased to tell you that your application for the {what} in {where} has been approved, under"
    " the number {number}. Please sign the enclosed copy and return it within two weeks."
)
BRIEF = (
    "Sehr geehrte Frau {who}, mit diesem Schreiben bestätigen wir den Eingang Ihrer Zahlung über {total} Euro am"
    " {day}. September {year} für die Rechnung mit der Nummer {number}. Die Ware verlässt unser Lager in den nächsten"
    " Tagen und wird mit der Post an die Anschrift geschickt, die Sie uns bei der Bestellung genannt haben."
)
STORY = Prose(5).document(40)()
STATEMENT = (
    "Harbour Insurance, 12 Quay Street, 5003 Bergen\n\nDear Ada Berg, enclosed you will find the statement of your"
    " account for the year {year}. At its end the balance was {balance} EUR, and {interest} EUR of interest credited to"
    " it. Please keep this letter for your tax declaration. If anything is unclear, call Tomas Lind under 552 1304."
)
RENT = (
    "As agreed in the lease, the rent for the flat in Mill Lane 4 rises from {before} to {after} euros a month on the"
    " first of {month}. Please change your standing order accordingly."
)
CHINESE = "租客搬走之后，房东应当在十四天之内退还押金，并且说明扣除的每一笔费用。双方对费用有争议的，可以请求调解。"


def portrait(text: str) -> Portrait:
    return Portrait(wording=Wording(text))


@pytest.mark.parametrize(
    ("one", "other", "relation"),
    [
        pytest.param(STORY, STORY, "version", id="the same"),
        pytest.param(STORY, Prose(6).edited(STORY, 0.4), "version", id="edited by two fifths"),
        pytest.param(STORY, STORY[len(STORY) // 2 :], "version", id="its second half"),
        pytest.param(STORY, Prose(7).document(40)(), None, id="another text"),
        pytest.param(ONE, OTHER, "kind", id="a form filled in differently"),
        pytest.param(ONE, ONE.replace("310.50", "311.50"), "version", id="a form with one number corrected"),
        pytest.param(
            LETTER.format(who="Eva Novak", what="frost", where="Bergen", number=5504),
            LETTER.format(who="Tomas Lind", what="bridge", where="Cork", number=9127),
            "kind",
            id="a letter to somebody else",
        ),
        pytest.param(
            BRIEF.format(who="Schmidt", total=812, day=3, year=2021, number=77120),
            BRIEF.format(who="Kaya", total=95, day=27, year=2023, number=10338),
            "kind",
            id="every noun has a capital",
        ),
        pytest.param(
            STATEMENT.format(year=2022, balance="4,210.33", interest="52.10"),
            STATEMENT.format(year=2023, balance="5,871.90", interest="88.42"),
            "kind",
            id="next year's letter to the same person",
        ),
        pytest.param(
            RENT.format(before=900, after=950, month="May"),
            RENT.format(before=980, after=1020, month="July"),
            "kind",
            id="a letter that holds hardly any number",
        ),
        pytest.param(
            STATEMENT.format(year=2022, balance="4,210.33", interest="52.10"),
            STATEMENT.format(year=2022, balance="4,120.33", interest="52.10").replace("If anything", "Where something"),
            "version",
            id="a letter that was corrected",
        ),
        pytest.param(CHINESE, CHINESE.replace("十四天", "三十天"), "version", id="a language without spaces"),
        pytest.param(CHINESE, "明天上午我们在办公室开会，讨论下一个季度的预算。", None, id="another Chinese text"),
        pytest.param("", "", None, id="nothing at all"),
        pytest.param("two words", "two words", "version", id="shorter than a run"),
    ],
)
def test_a_version_keeps_its_names_and_numbers_and_a_form_does_not(
    one: str, other: str, relation: Relation | None
) -> None:
    assert judged(portrait(one), portrait(other))[0] == relation
    assert judged(portrait(other), portrait(one))[0] == relation


def test_the_share_of_equal_text_falls_with_every_edit() -> None:
    shares = [
        agreement(Wording(STORY), Wording(Prose(6).edited(STORY, edited))).share for edited in (0, 0.05, 0.2, 0.4)
    ]
    assert shares[0] == 1
    assert shares == sorted(shares, reverse=True)
    assert shares[-1] > 0.5


def test_headings_and_labels_make_a_form_whatever_stands_below_them() -> None:
    headings = ("Review of open points", "New business", "Decisions", "Next steps 2024")
    later = (*headings[:3], "Next steps 2025")
    one, other = Wording(Prose(8).document(20)(), headings), Wording(Prose(9).document(20)(), later)
    assert agreement(one, other).labels == 1
    assert judged(Portrait(wording=one), Portrait(wording=other))[0] == "kind"
    assert judged(Portrait(wording=one), Portrait(wording=other, type="code"))[0] is None


def test_of_portraits_those_asked_for_last_are_kept_up_to_so_many_words() -> None:
    drawn: list[int] = []

    def draw(content_id: int) -> Portrait:
        drawn.append(content_id)
        return portrait("ten words " * 5)

    portraits = Portraits(draw, limit_words=25)
    for content_id in (1, 2, 1, 3, 1, 3):
        assert len(portraits.of(content_id).wording) == 10
    assert drawn == [1, 2, 3]
    portraits.of(2)
    assert drawn == [1, 2, 3, 2]


def test_capitals_make_no_difference() -> None:
    assert agreement(Wording(STORY), Wording(STORY.upper())).share == 1


def vectors(count: int, seed: int) -> np.ndarray[tuple[int, int], np.dtype[np.float32]]:
    """Vectors in a few clouds, some of them close together."""
    random = np.random.default_rng(seed)
    centres = random.standard_normal((8, 48))
    made = centres[random.integers(0, 8, count)] + random.standard_normal((count, 48)) * 0.5
    made[: count // 4] = made[count // 4 : count // 2] + random.standard_normal((count // 4, 48)) * 0.02
    return (made / np.linalg.norm(made, axis=1, keepdims=True)).astype(np.float32)


def test_near_pairs_are_exactly_those_that_measuring_all_of_them_gives() -> None:
    made = vectors(5_000, 1)  # several blocks
    pairs, distances = near_pairs(made, 0.35, 5_000, lambda done, total: None)
    measured = np.sqrt(np.maximum(0, 2 - 2 * (made[:300] @ made.T)))
    surely, perhaps = (
        {(one, other) for one, other in np.argwhere(measured <= limit).tolist() if one < other}
        for limit in (0.349, 0.351)  # what rounding may do
    )
    assert surely <= {(one, other) for one, other in pairs.tolist() if one < 300} <= perhaps
    assert len(surely) > 100
    assert np.allclose(distances, np.linalg.norm(made[pairs[:, 0]] - made[pairs[:, 1]], axis=1), atol=1e-3)


def test_of_very_many_near_vectors_the_nearest_few_are_kept_for_each() -> None:
    random = np.random.default_rng(2)
    alike = np.ones(64) + random.standard_normal((3_000, 64)) * 0.05
    alike[1] = alike[0] + 1e-4
    alike = (alike / np.linalg.norm(alike, axis=1, keepdims=True)).astype(np.float32)
    pairs, distances = near_pairs(alike, 0.35, 4, lambda done, total: None)
    assert len(pairs) <= 3_000 * 4
    assert pairs[distances.argmin()].tolist() == [0, 1]
    assert set(pairs.ravel().tolist()) == set(range(3_000))


@pytest.mark.parametrize("count", [0, 1])
def test_fewer_than_two_vectors_make_no_pair(count: int) -> None:
    pairs, distances = near_pairs(np.ones((count, 4), np.float32) / 2, 0.35, 4, lambda done, total: None)
    assert pairs.shape == (0, 2)
    assert len(distances) == 0


def test_who_is_told_of_the_progress_can_end_it() -> None:
    def end(done: int, total: int) -> None:
        raise CancelledError

    with pytest.raises(CancelledError):
        near_pairs(vectors(100, 3), 0.35, 4, end)


def test_a_search_for_copies_ends_as_soon_as_nobody_waits_for_it() -> None:
    ours, theirs = socket.socketpair()
    channel = Channel(ours, 1 << 20)
    try:
        reply = Reply(channel, 1)
        tell = telling(reply)
        tell("Comparing bytes", 0, 2)
        reply.cancel()
        with pytest.raises(CancelledError):
            tell("Comparing bytes", 1, 2)
    finally:
        channel.close()
        theirs.close()


def test_what_is_excluded_while_it_is_looked_for_is_looked_for_again() -> None:
    left_out = 0
    shown = ["diary.txt", "story.txt"]

    def find() -> list[str]:
        nonlocal left_out
        found = list(shown)
        if "diary.txt" in shown:  # excluded after it was found, and before the answer
            shown.remove("diary.txt")
            left_out += 1
        return found

    assert undisturbed(find, lambda: left_out) == ["story.txt"]


def test_pairs_make_families_whatever_order_they_come_in() -> None:
    families = Families()
    for one, other in ((7, 3), (5, 9), (3, 5), (1, 1), (9, 7)):
        families.join(one, other)
    assert [sorted(family) for family in families.of_several()] == [[3, 5, 7, 9]]
    assert families.are_one(9, 3)
    assert not families.are_one(1, 2)


def test_what_a_language_shares_is_no_subject(tmp_path: Path) -> None:
    """Forty subjects, each in two languages: the same in the other one is near, and others in one's own are not."""
    rng = np.random.default_rng(7)
    subjects = rng.normal(size=(40, 64)) / 8  # (N, D), of norm 1
    languages = rng.normal(size=(2, 64)) / 4  # (2, D), of norm 2: what is written in one lies on one side
    made = np.concatenate([subjects + language for language in languages]) + rng.normal(size=(80, 64)) / 24  # (2 N, D)
    vectors = (made / np.linalg.norm(made, axis=1, keepdims=True)).astype(np.float32)
    catalog = SyntheticCatalog(tmp_path, Space("test", "test", 64))
    catalog.add(["text"] * 80, vectors[:, None])
    connection = open_writer(catalog.path)
    connection.execute("UPDATE contents SET language = iif(id <= 40, 'en', 'es')")
    spoken = comparing.languages_of(connection, np.arange(1, 81))

    unrelated = Unrelated(connection, 1, vectors[0], "en")
    z = unrelated.z(vectors, spoken)
    assert np.argsort(-z)[:2].tolist() == [0, 40]
    assert z[40] > 4
    assert float(np.percentile(np.delete(z, [0, 40]), 90)) < 2
    (in_spanish,) = unrelated.elsewhere()
    assert int(np.argmax(vectors @ in_spanish)) == 40
    assert np.isfinite(Unrelated(connection, 1, vectors[0], "sv").z(vectors, spoken)).all()
    connection.close()
