"""The user's settings come back as they were saved, and a file that is wrong is refused with the reason."""

from __future__ import annotations

import stat
import tempfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from finder.config import FolderSetting, Settings, SettingsFile
from finder.errors import EnvironmentFaultError

_TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)
_NAMES = st.binary(min_size=1, max_size=30).filter(lambda name: not {0, ord("/")} & set(name))
_FOLDERS = st.builds(FolderSetting.of, _NAMES.map(lambda name: b"/" + name), st.booleans())
_SETTINGS = st.builds(
    Settings,
    folders=st.lists(_FOLDERS, max_size=4, unique_by=lambda folder: folder.uri).map(tuple),
    exclude=st.lists(_TEXTS, max_size=4).map(tuple),
    use_gitignore=st.booleans(),
    size_limit_bytes=st.integers(0, 1 << 40),
    exact_search_limit=st.integers(0, 1 << 40),
    embed_idle_minutes=st.floats(0, 1e6, allow_nan=False),
)


@given(_SETTINGS)
def test_every_setting_comes_back_as_it_was_saved(settings: Settings) -> None:
    with tempfile.TemporaryDirectory() as folder:
        file = SettingsFile(Path(folder) / "settings.toml")
        file.save(settings)
        assert file.load() == settings


def test_without_a_file_the_defaults_hold(tmp_path: Path) -> None:
    assert SettingsFile(tmp_path / "settings.toml").load() == Settings()


def test_a_saved_file_is_for_the_user_alone_and_nothing_else_is_left(tmp_path: Path) -> None:
    file = SettingsFile(tmp_path / "settings.toml")
    file.save(Settings())
    assert stat.S_IMODE(file.path.stat().st_mode) == 0o600
    assert [path.name for path in tmp_path.iterdir()] == ["settings.toml"]


def test_a_folder_is_replaced_by_its_newer_setting_and_taken_out_by_its_name() -> None:
    settings = Settings().with_folder(FolderSetting.of(b"/caf\xe9")).with_folder(FolderSetting.of(b"/b"))
    settings = settings.with_folder(FolderSetting.of(b"/caf\xe9", is_watched=False))
    assert [(folder.path, folder.is_watched) for folder in settings.folders] == [(b"/b", True), (b"/caf\xe9", False)]
    assert settings.without_folder("file:///b").folders == (FolderSetting.of(b"/caf\xe9", False),)


def test_a_whole_number_does_for_a_fraction_and_what_a_newer_version_wrote_is_passed_over(tmp_path: Path) -> None:
    path = tmp_path / "settings.toml"
    path.write_text('embed_idle_minutes = 3\ntomorrow = "unknown"\n')
    assert SettingsFile(path).load() == Settings(embed_idle_minutes=3)


@pytest.mark.parametrize(
    "text",
    [
        "use_gitignore = ",
        'use_gitignore = "yes"',
        "size_limit_bytes = true",
        "size_limit_bytes = 1.5",
        "embed_idle_minutes = true",
        "model = 7",
        'folders = ["file:///a"]',
        "[[folders]]\npath = '/a'",
        'exclude = "*.log"',
        "exclude = [1]",
        'folders = "file:///a"',
        "[[folders]]\nuri = 7",
        '[[folders]]\nuri = "http://example.invalid/"',
        '[[folders]]\nuri = "file:///a"\nis_watched = "yes"',
        "\udcff",
    ],
)
def test_a_value_that_does_not_fit_is_refused_and_the_file_stays(tmp_path: Path, text: str) -> None:
    path = tmp_path / "settings.toml"
    path.write_bytes(text.encode("utf-8", "surrogateescape"))
    before = path.read_bytes()
    with pytest.raises(EnvironmentFaultError, match="settings cannot be read") as refused:
        SettingsFile(path).load()
    assert refused.value.detail
    assert path.read_bytes() == before
