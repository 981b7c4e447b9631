"""Roles, names, languages and keys of streams, as the containers' own elements state them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import av
import pytest

from stoat_nb.media.languages import iso639, several
from stoat_nb.media.video import Outcome, Stream

Read = Callable[[Path], Outcome]
FILM = "films/two languages.mkv"


def write(path: Path, sound: dict[str, str], archive: Path) -> Path:
    """Copy a clip with sound, the sound tagged."""
    with (
        av.open(str(archive / "2024 Summer/beach walk.mp4")) as clip,
        av.open(str(path), "w") as copy,
    ):
        streams = {one: copy.add_stream_from_template(one) for one in clip.streams}
        copy.streams.audio[0].metadata.update(sound)
        for packet in clip.demux():
            if packet.dts is not None:
                packet.stream = streams[packet.stream]
                copy.mux(packet)
    return path


@pytest.fixture
def sound_of(archive: Path, tmp_path: Path, read: Read) -> Callable[..., Stream]:
    """Read the sound of a file whose title was replaced by other elements of the same length."""

    def of(name: str, elements: bytes = b"", **tags: str) -> Stream:
        if elements:
            tags["title"] = "N" * (len(elements) - 3)
        path = write(tmp_path / name, tags, archive)
        if elements:
            content = path.read_bytes()
            title = b"\x53\x6e" + bytes([0x80 | len(tags["title"])]) + tags["title"].encode()
            assert content.count(title) == 1
            path.write_bytes(content.replace(title, elements))
        video = read(path).video
        stream = video and video.main("audio")
        assert stream
        return stream

    return of


def test_bcp47_overrules_the_older_code_of_matroska(sound_of: Callable[..., Stream]) -> None:
    tagged = sound_of("clip.mkv", b"\x22\xb5\x9d\x87zh-Hant", language="eng")
    assert (tagged.language, tagged.language_bcp47, tagged.languages) == (
        "zho",
        "zh-Hant",
        ("zho",),
    )


@pytest.mark.parametrize("word", ["ger", "deu", "de"])
def test_a_language_has_one_code_however_it_is_tagged(
    sound_of: Callable[..., Stream], word: str
) -> None:
    assert sound_of("clip.mkv", language=word).language == "deu"


def test_a_stream_may_be_in_several_languages(sound_of: Callable[..., Stream]) -> None:
    tagged = sound_of("clip.ts", language="eng,ger")
    assert (tagged.language, tagged.languages) == ("eng", ("eng", "deu"))


@pytest.mark.parametrize(
    ("tagged", "code"),
    [("DE-at", "deu"), ("fre", "fra"), ("iw", "heb"), ("yue", "yue"), ("und", None), ("", None)],
)
def test_codes_of_all_lists_are_known(tagged: str, code: str | None) -> None:
    assert iso639(tagged) == code


def test_a_word_that_is_no_code_stays_as_it_is() -> None:
    assert several("Director's cut, eng,und,en") == ("Director's cut", "eng")


def test_roles_of_matroska_are_told(sound_of: Callable[..., Stream]) -> None:
    flags = b"\x55\xab\x81\x01\x55\xaf\x81\x01\x55\xac\x81\x00\x55\xae\x81\x01"
    stream = sound_of("clip.mkv", flags)
    told = (stream.is_sdh, stream.is_commentary, stream.is_description)
    assert told == (True, True, False)
    assert (stream.is_original, stream.is_dub) == (True, False)


def test_a_role_that_nothing_states_is_unknown(sound_of: Callable[..., Stream]) -> None:
    for name in ("clip.mkv", "clip.mp4", "clip.ts"):
        stream = sound_of(name)
        assert [stream.is_sdh, stream.is_commentary, stream.is_original] == [None] * 3


def test_a_track_of_matroska_that_needs_a_key_is_encrypted(sound_of: Callable[..., Stream]) -> None:
    key = b"\x6d\x80\x8a\x62\x40\x87\x50\x33\x81\x01\x50\x35\x80"
    assert sound_of("clip.mkv", key).encrypted
    assert sound_of("plain.mkv").encrypted is False
    assert sound_of("plain.ts").encrypted is None


# ISO files ----------------------------------------------------------------------------------------


def box(kind: bytes, body: bytes) -> bytes:
    return (8 + len(body)).to_bytes(4, "big") + kind + body


@pytest.fixture
def track_with(archive: Path, tmp_path: Path, read: Read) -> Callable[..., Stream]:
    """Read the sound of an MP4 to whose last track a box was added."""

    def of(inner: bytes, path: tuple[bytes, ...] = (), **replaced: bytes) -> Stream:
        content = bytearray(write(tmp_path / "clip.mp4", {}, archive).read_bytes())
        places = [content.rindex(kind) - 4 for kind in (b"moov", b"trak", *path)]
        end = places[-1] + int.from_bytes(content[places[-1] : places[-1] + 4], "big")
        content[end:end] = inner
        for at in places:
            size = int.from_bytes(content[at : at + 4], "big") + len(inner)
            content[at : at + 4] = size.to_bytes(4, "big")
        at = content.rindex(b"mp4a")
        content[at : at + 4] = replaced.get("entry", b"mp4a")
        (tmp_path / "clip.mp4").write_bytes(content)
        video = read(tmp_path / "clip.mp4").video
        stream = video and video.main("audio")
        assert stream
        return stream

    return of


@pytest.mark.parametrize(
    ("kind", "body", "role"),
    [
        (b"kind", b"\0\0\0\0urn:mpeg:dash:role:2011\0commentary\0", "is_commentary"),
        (b"kind", b"\0\0\0\0urn:mpeg:dash:role:2011\0dub\0", "is_dub"),
        (b"kind", b"\0\0\0\0about:html-kind\0main-desc\0", "is_description"),
        (b"tagc", b"public.accessibility.describes-video", "is_description"),
        (b"tagc", b"public.accessibility.transcribes-spoken-dialog", "is_sdh"),
    ],
)
def test_roles_of_iso_files_are_told(
    track_with: Callable[..., Stream], kind: bytes, body: bytes, role: str
) -> None:
    stream = track_with(box(b"udta", box(kind, body)))
    roles = ("is_sdh", "is_commentary", "is_description", "is_original", "is_dub")
    assert [name for name in roles if getattr(stream, name)] == [role]


def test_the_name_of_an_iso_track_is_its_title(track_with: Callable[..., Stream]) -> None:
    assert track_with(box(b"udta", box(b"name", b"Director"))).title == "Director"
    assert track_with(box(b"udta", box(b"name", "Réalisateur".encode()))).title == "Réalisateur"


def test_the_extended_language_of_an_iso_track_counts(track_with: Callable[..., Stream]) -> None:
    stream = track_with(box(b"elng", b"\0\0\0\0pt-BR\0"), (b"mdia",))
    assert (stream.language, stream.language_bcp47) == ("por", "pt-BR")


def test_an_iso_track_that_needs_a_key_is_encrypted(track_with: Callable[..., Stream]) -> None:
    assert track_with(b"", entry=b"enca").encrypted
    assert track_with(b"", entry=b"drms").encrypted
    assert track_with(b"").encrypted is False


def test_hostile_boxes_in_a_track_say_nothing(track_with: Callable[..., Stream]) -> None:
    for inner in (box(b"kind", b"\0\0\0\0\xff\0\xff\0"), box(b"tagc", b"\xff"), box(b"tagc", b"")):
        stream = track_with(box(b"udta", inner))
        assert [stream.is_sdh, stream.is_dub] == [None, None]
