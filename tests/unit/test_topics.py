"""Topics in their parts: telling words in any script, discs that stay apart and in place, maps that are kept or not."""

from __future__ import annotations

import stat
from dataclasses import replace
from pathlib import Path

import apsw
import numpy as np
import pytest

from finder.embed.deterministic import HashEmbedder
from finder.store import contents, spaces
from finder.store.schema import open_writer
from finder.topics import layout
from finder.topics.kept import Current, KeptMaps
from finder.topics.mapping import Order, make_map
from finder.topics.names import telling_words
from finder.topics.topic_map import NO_TOPIC, SMALLEST_TOPIC, TopicMap
from finder.types import Extraction, Passage
from tests.topical import CHINESE, SUBJECTS, text_about

NOTES = 12


class Documents:
    """A catalog with documents that hold one passage each, embedded without a model."""

    def __init__(self, folder: Path) -> None:
        self._embedder = HashEmbedder()
        self.connection: apsw.Connection = open_writer(folder / "catalog.db")
        space = self._embedder.space
        self._space_id = spaces.activate(self.connection, space)
        self.connection.execute("INSERT INTO folders(name, device, inode) VALUES(?, 0, 0)", (b"/",))
        self.order = Order(self._space_id, space.key, space.dimension, None)
        self._added = 0

    def add(self, *texts: str, is_embedded: bool = True) -> None:
        for text in texts:
            self._added += 1
            passage = Passage(0, len(text), text)
            extraction = Extraction("document", None, None, False, False, len(text), {}, (), (passage,))
            content_id = contents.add(self.connection, contents.text_hash("", text), "test", extraction)
            self.connection.execute(
                "INSERT INTO files(folder_id, name, type, device, inode, size_bytes, mtime_ns, ctime_ns, state,"
                " content_id) VALUES(1, ?, 'document', 0, 0, 1, 0, 0, 'read', ?)",
                (b"%d.txt" % self._added, content_id),
            )
            if is_embedded:
                text_id = self.connection.execute("SELECT max(id) FROM texts").get
                spaces.add_vectors(self.connection, self._space_id, [text_id], self._embedder.embed_passages([text]))

    def remove(self, count: int) -> None:
        """The files that were added first."""
        self.connection.execute("DELETE FROM files WHERE id IN (SELECT id FROM files ORDER BY id LIMIT ?)", (count,))

    def map(self, earlier: TopicMap | None = None) -> TopicMap:
        made, _ = make_map(self.connection, self.order, earlier, lambda doing, done, total: None)
        assert made is not None
        return made


@pytest.fixture
def documents(tmp_path: Path) -> Documents:
    made = Documents(tmp_path)
    for subject in SUBJECTS:
        made.add(*(text_about(subject, number) for number in range(NOTES)))
    return made


def ids_by_key(topic_map: TopicMap) -> dict[int, int]:
    """The topic's id of each document that has one."""
    pairs = zip(topic_map.keys.tolist(), topic_map.rows.tolist(), strict=True)
    return {key: topic_map.topics[row].id for key, row in pairs if row != NO_TOPIC}


def test_words_that_every_topic_holds_name_none() -> None:
    shared = "meeting agenda minutes"
    topics = [[f"{word} {shared} {number}" for number in range(5)] for word in ("bridge", "cello", "vaccine")]
    assert telling_words(topics) == [["bridge"], ["cello"], ["vaccine"]]


def test_a_word_that_one_document_says_a_hundred_times_names_nothing() -> None:
    topics = [[*["girder span"] * 5, "zebra " * 100], ["cello bow"] * 5]
    assert "zebra" not in telling_words(topics)[0]


def test_stop_words_numbers_and_forms_of_one_word_are_left_out() -> None:
    words = telling_words([["the bridges and their bridge 1887"] * 4, ["soup"] * 4])[0]
    assert words == ["bridge"] or words == ["bridges"]


def test_stop_words_of_the_language_of_each_document_name_nothing() -> None:
    polish = [f"Ta umowa jest o mieszkaniu i o tym, co jest w nim do {number}" for number in range(4)]
    german = [f"Die Rechnung war für die Miete und ist nicht die {number}" for number in range(4)]
    english = [f"The door of the garage and a war {number}" for number in range(4)]
    words = [set(map(str.casefold, one)) for one in telling_words([polish, german, english])]
    assert words[0] <= {"umowa", "mieszkaniu", "nim"}
    assert words[1] == {"rechnung", "miete"}
    assert words[2] == {"door", "garage", "war"}


def test_a_word_that_a_line_parts_is_one_word() -> None:
    assert telling_words([["the govern-\nment"] * 4, ["soup"] * 4])[0] == ["government"]


def test_names_are_spelled_as_in_most_documents() -> None:
    texts = [*["by NASA a rocket"] * 3, "nasa nasa nasa nasa nasa"]
    assert telling_words([texts, ["soup"] * 4])[0][0] == "NASA"


def test_a_capital_where_a_sentence_begins_is_no_spelling() -> None:
    texts = [*["Rockets fly. Rockets burn fuel.\n- Rockets"] * 4, "All rockets of the Ariane"]
    assert telling_words([texts, ["soup"] * 4])[0][0] == "rockets"
    texts = [*["WITHOUT WARRANTY OF ANY KIND\nMAX_ORBIT = EBCDIC"] * 4]
    assert telling_words([texts, ["soup"] * 4])[0] == ["EBCDIC", "kind", "max"]


def test_what_any_text_and_any_program_holds_names_nothing() -> None:
    words = telling_words([["def orbit(self, args): also used per https://example.org/path"] * 4, ["soup"] * 4])
    assert words[0] == ["orbit"]


def test_what_a_program_calls_something_comes_after_the_word_for_it() -> None:
    assert telling_words([["a fluxMeter measures current"] * 4, ["soup"] * 4])[0] == [
        "current",
        "measures",
        "fluxMeter",
    ]


def test_chinese_pairs_become_the_words_they_stand_in() -> None:
    topics = [[text_about(subject, number) for number in range(NOTES)] for subject in (*CHINESE, *SUBJECTS)]
    for words, expected in zip(telling_words(topics), CHINESE.values(), strict=False):
        assert words
        assert set(words) <= set(expected)


def test_japanese_words_are_named_without_their_particles() -> None:
    wine = ["ワインは葡萄から醸造される。", "葡萄とワインの話。", "ワインと葡萄を醸造した。"]
    rail = ["鉄道の駅は新しい。", "駅から鉄道で行く。", "鉄道と駅を建てた。"]
    words = telling_words([wine, rail])
    assert {"ワイン", "葡萄"} <= set(words[0])
    assert {"鉄道"} <= set(words[1])


def test_other_scripts_have_words_too() -> None:
    texts = ["Мост через реку Неву", "Старый мост и река Нева", "Мост реки Невы"]
    assert telling_words([texts, ["суп с луком"] * 3])[0][0].casefold() == "мост"
    assert telling_words([["पुल नदी पर है"] * 3, ["सूप गरम है"] * 3])[0]


def test_nothing_telling_is_no_words() -> None:
    assert telling_words([["12 34"] * 5, ["56"] * 5]) == [[], []]
    assert telling_words([]) == []


def discs(count: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(count)
    centres = rng.standard_normal((count, 16)).astype(np.float32)
    centres /= np.linalg.norm(centres, axis=1, keepdims=True)
    return centres, (0.05 + 0.1 * rng.random(count)).astype(np.float32)


def overlap(places: np.ndarray, radii: np.ndarray) -> float:
    """The deepest of any two discs, in their radii."""
    gaps = np.linalg.norm(places[:, None] - places[None], axis=2) / (radii[:, None] + radii[None])
    np.fill_diagonal(gaps, np.inf)
    return float(1 - gaps.min())


@pytest.mark.parametrize("count", [1, 2, 3, 40])
def test_discs_do_not_overlap_and_are_the_same_each_time(count: int) -> None:
    centres, radii = discs(count)
    new = np.full((count, 2), np.nan, np.float32)
    places = layout.place_discs(centres, radii, new)
    assert places.shape == (count, 2)
    assert np.isfinite(places).all()
    assert count == 1 or overlap(places, radii) < 0
    assert np.array_equal(places, layout.place_discs(centres, radii, new))


def test_a_disc_that_stood_on_the_earlier_map_stays_and_a_new_one_finds_room() -> None:
    centres, radii = discs(12)
    before = layout.place_discs(centres, radii, np.full((12, 2), np.nan, np.float32))
    earlier = np.where(np.arange(12)[:, None] < 11, before, np.nan).astype(np.float32)
    after = layout.place_discs(centres, radii, earlier)
    assert overlap(after, radii) < 0
    assert np.linalg.norm(after - before, axis=1)[:11].max() < 0.1 * radii.min()


def test_neighbours_have_other_hues_and_a_hue_is_kept() -> None:
    places = np.array([(x, 0.0) for x in range(8)], np.float32)
    hues = layout.hues(places, np.ones(8, np.float32), [None] * 8)
    assert sorted(hues) == list(range(layout.HUES))
    assert layout.hues(places, np.ones(8, np.float32), [5, *[None] * 7])[0] == 5


def test_members_fill_the_disc_and_outliers_stand_outside_it(documents: Documents) -> None:
    documents.add("Xylophone quartz vexillology, jukebox zephyr.")
    made = documents.map()
    discs = np.array([(topic.x, topic.y, topic.radius) for topic in made.topics])
    ways = np.linalg.norm(made.places[:, None] - discs[None, :, :2], axis=2) / discs[:, 2]
    is_in = made.rows != NO_TOPIC
    assert (ways[is_in, made.rows[is_in]] <= 1).all()
    assert is_in.sum() == 3 * NOTES
    assert (ways[~is_in] > 1).all()


def test_a_map_survives_as_bytes_and_what_is_none_is_none(documents: Documents) -> None:
    made = documents.map()
    data = made.to_bytes()
    again = TopicMap.from_bytes(data)
    assert again is not None
    assert again.topics == made.topics
    assert np.array_equal(again.keys, made.keys)
    assert np.array_equal(again.places, made.places)
    assert TopicMap.from_bytes(data[: len(data) // 2]) is None
    assert TopicMap.from_bytes(b"") is None
    assert TopicMap.from_bytes(data.replace(b'"version": 1', b'"version": 0')) is None


@pytest.mark.parametrize("at", [6, 8], ids=["encrypted", "packed in an unknown way"])
def test_a_map_with_flipped_bits_is_none(documents: Documents, at: int) -> None:
    data = bytearray(documents.map().to_bytes())
    entry = data.index(b"PK\x01\x02")  # of the list at the end, from which a zip file is read
    data[entry + 2 + at] ^= 1 if at == 6 else 0x20
    assert TopicMap.from_bytes(data) is None


def test_few_changes_leave_every_topic_and_point_as_it_was(documents: Documents) -> None:
    before = documents.map()
    documents.remove(2)
    documents.add(text_about("soup", 100))
    after = documents.map(before)
    assert after.topics == before.topics
    ids = ids_by_key(before)
    now = ids_by_key(after)
    assert all(now[key] == ids[key] for key in ids.keys() & now.keys())
    (new,) = now.keys() - ids.keys()
    assert now[new] == next(ids[key] for key in ids if ids[key] == now[new])
    assert (after.clustered, after.drift) == (3 * NOTES, 3)


def test_topics_that_are_found_anew_keep_their_ids_names_places_and_points(documents: Documents) -> None:
    before = documents.map()
    documents.add(*(text_about("lease", 200 + number) for number in range(SMALLEST_TOPIC)))
    documents.add(*(text_about("music", number) for number in range(NOTES)))
    after = documents.map(before)
    assert (after.clustered, after.drift) == (4 * NOTES + SMALLEST_TOPIC, 0)
    assert len(after.topics) == 4
    known = {topic.id: topic for topic in after.topics}
    for topic in before.topics:
        same = known.pop(topic.id)
        assert (same.words, same.hue) == (topic.words, topic.hue)
        assert np.hypot(same.x - topic.x, same.y - topic.y) < topic.radius
    (new,) = known.values()
    assert new.id == before.next_id
    ids, now = ids_by_key(before), ids_by_key(after)
    assert all(now[key] == ids[key] for key in ids)
    soup, same_soup = (
        next(topic for topic in made.topics if set(topic.words) <= set(SUBJECTS["soup"])) for made in (before, after)
    )
    assert soup.radius == same_soup.radius
    for key in (key for key, id in ids.items() if id == soup.id):
        offset = before.places[np.searchsorted(before.keys, key)] - (soup.x, soup.y)
        now_offset = after.places[np.searchsorted(after.keys, key)] - (same_soup.x, same_soup.y)
        assert np.allclose(offset, now_offset, atol=1e-5)


def test_a_map_of_another_space_is_found_anew_with_the_same_topics(documents: Documents) -> None:
    before = replace(documents.map(), space_key="another")
    after = documents.map(before)
    assert after.space_key == documents.order.space_key
    assert ids_by_key(after) == ids_by_key(before)


def test_documents_without_a_vector_wait_and_then_join(documents: Documents) -> None:
    documents.add("simmer barley broth carrot celery thyme", is_embedded=False)
    made, without_vectors = make_map(documents.connection, documents.order, None, lambda doing, done, total: None)
    assert made is not None
    assert (len(made.keys), without_vectors) == (3 * NOTES, 1)


def test_too_few_documents_have_no_map(tmp_path: Path) -> None:
    few = Documents(tmp_path)
    few.add(*(text_about("soup", number) for number in range(9)))
    assert make_map(few.connection, few.order, None, lambda doing, done, total: None) == (None, 0)


def test_equal_vectors_are_one_topic(tmp_path: Path) -> None:
    same = Documents(tmp_path)
    same.add(*(f"barley broth {number}"[:12] + " " * number for number in range(12)))
    same.add(*(text_about("lease", number) for number in range(NOTES)))
    made = same.map()
    assert np.isfinite(made.places).all()
    assert len(made.topics) >= 1


def test_kept_maps_are_private_few_and_gone_when_something_is_forgotten(tmp_path: Path) -> None:
    kept = KeptMaps(tmp_path / "topics")
    current = Current(1, "space", 0)
    for number in range(20):
        kept.keep([b"/%d" % number], b"a map", current, kept.generation)
    files = list((tmp_path / "topics").iterdir())
    assert 0 < len(files) <= 16
    assert {stat.S_IMODE(path.stat().st_mode) for path in files} == {0o600}
    assert stat.S_IMODE((tmp_path / "topics").stat().st_mode) == 0o700
    assert kept.read([b"/19"]) == b"a map"
    assert kept.current([b"/19"]) == current
    begun = kept.generation
    kept.forget()
    assert list((tmp_path / "topics").iterdir()) == []
    kept.keep([b"/19"], b"made of what was forgotten", current, begun)
    assert kept.read([b"/19"]) is None
    assert kept.current([b"/19"]) is None
