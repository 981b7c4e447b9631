"""What MP4 and QuickTime files of phones, cameras and programs say of their origin."""

from __future__ import annotations

import struct
from fractions import Fraction

import pytest

from .conftest import MAKERS, NRT, SECONDS, SONY_META, WHEN, Edit, Film, Movie, Origin, box


def keyed(words: dict[str, str]) -> bytes:
    """Write the body of a QuickTime ``meta`` box with keys of Apple's kind."""
    keys = b"".join(box(b"mdta", name.encode()) for name in words)
    items = b"".join(
        box(struct.pack(">I", number), box(b"data", struct.pack(">II", 1, 0) + text.encode()))
        for number, text in enumerate(words.values(), 1)
    )
    handler = bytes(8) + b"mdta" + bytes(13)
    return (
        box(b"hdlr", handler)
        + box(b"keys", struct.pack(">II", 0, len(words)) + keys)
        + box(b"ilst", items)
    )


def lens_keys(name: str) -> bytes:
    return keyed({"com.apple.quicktime.camera.lens_model": name})


def test_what_a_phone_notes_overrules_the_header_of_a_clip_sent_on(
    film: Film, edited: Edit, origin: Origin
) -> None:
    def as_a_phone(movie: Movie) -> None:
        movie.date(SECONDS, b"moov", b"mvhd")
        words = {
            "com.apple.quicktime.creationdate": "2019-07-12T18:30:00+0200",
            "com.apple.quicktime.make": "Apple",
            "com.apple.quicktime.model": "iPhone 11",
            "com.apple.quicktime.location.ISO6709": "+48.8789+002.3376+048.928/",
            "com.apple.quicktime.software": "13.3",
        }
        movie.add(b"meta", keyed(words), b"moov")
        movie.add(b"meta", lens_keys("iPhone 11 back camera"), b"moov", b"trak")

    phone = origin(edited(film("phone.mov"), as_a_phone))
    assert phone == {
        "created_at": "2019-07-12T16:30:00Z",
        "created_basis": "quicktime_creationdate",
        "created_tz": "+02:00",
        "camera_make": "Apple",
        "camera_model": "iPhone 11",
        "lens": "iPhone 11 back camera",
        "gps_lat": 48.8789,
        "gps_lon": 2.3376,
        "encoder": phone["encoder"],
        "muxer": phone["encoder"],
    }


def test_android_phones_are_told_by_their_keys(film: Film, edited: Edit, origin: Origin) -> None:
    words = {"com.android.manufacturer": "samsung", "com.android.model": "SM-G998B"}

    def as_a_phone(movie: Movie) -> None:
        movie.date(SECONDS, b"moov", b"mvhd")
        movie.add(b"meta", keyed(words), b"moov")
        text = b"+37.5002+127.0362/"
        place = box(b"\xa9xyz", struct.pack(">HH", len(text), 0x15C7) + text)
        movie.add(b"udta", place, b"moov")

    told = origin(edited(film("phone.mp4"), as_a_phone))
    assert (told["camera_make"], told["camera_model"]) == ("samsung", "SM-G998B")
    assert (told["gps_lat"], told["gps_lon"]) == (37.5002, 127.0362)
    assert (told["created_at"], told["created_basis"], told["created_tz"]) == (
        WHEN,
        "movie_header",
        "UTC",
    )


@pytest.mark.parametrize(
    ("name", "tz"), [("GoPro", "local"), ("Canon EOS", "local"), ("DJI", "UTC")]
)
def test_the_header_of_a_camera_without_a_zone_is_local(
    film: Film, edited: Edit, origin: Origin, name: str, tz: str
) -> None:
    def as_a_camera(movie: Movie) -> None:
        movie.date(SECONDS, b"moov", b"mvhd")
        movie.add(b"udta", MAKERS[name][0], b"moov")

    told = origin(edited(film("c.mp4"), as_a_camera))
    when = WHEN.rstrip("Z") if tz == "local" else WHEN
    assert (told["created_at"], told["created_basis"]) == (when, "movie_header")
    assert told["created_tz"] == tz


@pytest.mark.parametrize("name", MAKERS)
def test_makers_boxes_tell_the_camera(film: Film, edited: Edit, origin: Origin, name: str) -> None:
    body, make, model = MAKERS[name]
    told = origin(edited(film("c.mp4"), lambda movie: movie.add(b"udta", body, b"moov")))
    assert (told.get("camera_make"), told.get("camera_model")) == (make, model)
    if name == "Nikon":
        assert (told["created_at"], told["created_basis"], told["created_tz"]) == (
            "2012-05-05T10:11:12",
            "camera_tags",
            "local",
        )


def test_the_lens_is_read_from_the_keys_of_a_track(
    film: Film, edited: Edit, origin: Origin
) -> None:
    lens = "iPhone 14 Pro back camera 6.86mm f/1.78"
    path = edited(
        film("l.mov"), lambda movie: movie.add(b"meta", lens_keys(lens), b"moov", b"trak")
    )
    assert origin(path)["lens"] == lens


@pytest.mark.parametrize(
    ("kind", "body"), [(b"meta", SONY_META), (b"uuid", bytes(range(16)) + NRT)]
)
def test_the_xml_of_sony_s_cameras_is_read(
    film: Film, edited: Edit, origin: Origin, kind: bytes, body: bytes
) -> None:
    told = origin(edited(film("C0001.MP4", format="mp4"), lambda movie: movie.add(kind, body)))
    assert told.pop("encoder") == told.pop("muxer")
    assert told == {
        "created_at": "2018-03-28T03:34:56Z",
        "created_basis": "camera_xml",
        "created_tz": "+09:00",
        "camera_make": "Sony",
        "camera_model": "ILCE-7SM3",
        "lens": "FE 24-70mm F2.8 GM & more",
        "gps_lat": 35.629667,
        "gps_lon": 139.74,
    }


def test_the_xml_of_panasonic_s_cameras_is_read(film: Film, edited: Edit, origin: Origin) -> None:
    xml = (
        "<ClipMain><Access><CreationDate>2020-02-03T04:05:06+01:00</CreationDate></Access>"
        "<Device><Manufacturer>Panasonic</Manufacturer><ModelName>DC-GH5</ModelName></Device>"
    )
    words = keyed({"com.panasonic.Semi-Pro.metadata.xml": xml})
    told = origin(edited(film("P.MOV"), lambda movie: movie.add(b"meta", words, b"moov")))
    assert (told["created_at"], told["created_tz"]) == ("2020-02-03T03:05:06Z", "+01:00")
    assert (told["camera_make"], told["camera_model"]) == ("Panasonic", "DC-GH5")


def test_the_box_of_sony_s_older_cameras_is_read(film: Film, edited: Edit, origin: Origin) -> None:
    def entry(number: int, coding: int, value: bytes) -> bytes:
        return struct.pack(">HIHH", len(value) + 10, number, 0x15C7, coding) + value

    entries = [
        entry(5, 1, "DSC-T1".encode("utf-16-be")),
        entry(3, 0, b"2004/05/19 12:34:56\0"),
        entry(11, 0, struct.pack(">h", 540)),
    ]
    body = b"USMT\x21\xd2\x4f\xce\xbb\x88\x69\x5c\xfa\xc9\xc7\x40" + box(
        b"MTDT", struct.pack(">H", len(entries)) + b"".join(entries)
    )
    told = origin(edited(film("s.mp4"), lambda movie: movie.add(b"uuid", body, b"moov")))
    assert (told["camera_model"], told["created_at"]) == ("DSC-T1", "2004-05-19T03:34:56Z")
    assert told["created_tz"] == "+09:00"


def test_a_date_that_only_tracks_have_is_read(film: Film, edited: Edit, origin: Origin) -> None:
    told = origin(
        edited(film("t.mp4"), lambda movie: movie.date(SECONDS, b"moov", b"trak", b"mdia", b"mdhd"))
    )
    assert (told["created_at"], told["created_basis"]) == (WHEN, "track_header")


@pytest.mark.parametrize(
    ("seconds", "when"),
    [
        (1_451_692_800, "1950-01-01T00:00:00Z"),
        (1_000_000_000 // 3600 * 3600, "1935-09-09T01:00:00Z"),
        (1_400_000_001, None),  # a day of 1948, or of 2014 in a count from 1970
        (1, None),
        (0xFFFFFFFF, None),
    ],
)
def test_days_before_1970_are_those_that_the_standard_means(
    film: Film, edited: Edit, origin: Origin, seconds: int, when: str | None
) -> None:
    path = edited(film("old.mp4"), lambda movie: movie.date(seconds, b"moov", b"mvhd"))
    assert origin(path).get("created_at") == when


@pytest.mark.parametrize(
    ("code", "rate"), [("01:00:00;02", (30000, 1001)), ("10:00:00:00", (25, 1))]
)
def test_a_time_code_track_is_told_to_the_frame(
    film: Film, edited: Edit, origin: Origin, code: str, rate: tuple[int, int]
) -> None:
    path = film("tc.mov", rate=Fraction(*rate), tags={"timecode": code})
    told = origin(path)
    assert (told["timecode"], told["drop_frame"]) == (code, ";" in code)

    def trimmed(movie: Movie) -> None:
        # The clock's own edit skips three of its frames, as QuickTime does that trims a film.
        track = movie.all(b"moov", b"trak")[-1][1]
        header = next(body for kind, body in track if kind == b"mdia")
        media = next(body for kind, body in header if kind == b"mdhd")
        [scale] = struct.unpack_from(">I", media, 12)
        start = -(-3 * scale * rate[1] // rate[0])
        track[:] = [one for one in track if one[0] != b"edts"]
        edits = struct.pack(">IIIii", 0, 1, 280, start, 1 << 16)
        track.insert(1, [b"edts", [[b"elst", edits]]])

    later = origin(edited(path, trimmed))
    assert later["timecode"] == code[:-2] + f"{int(code[-2:]) + 3:02d}"


def test_the_reel_of_a_time_code_is_read_from_its_name_or_a_box(
    film: Film, edited: Edit, origin: Origin
) -> None:
    def named(movie: Movie) -> None:
        # QuickTime File Format, Timecode Sample Description: the source's name in a box ``name``.
        entries = next(
            one
            for one in movie.all(b"moov", b"trak", b"mdia", b"minf", b"stbl", b"stsd")
            if b"tmcd" in one[1]
        )
        name = box(b"name", struct.pack(">HH", 7, 0) + b"A001C02")
        entry = entries[1][8 : 8 + 34] + name
        entries[1] = entries[1][:8] + struct.pack(">I", len(entry)) + entry[4:]

    told = origin(edited(film("tc.mov", tags={"timecode": "10:00:00:00"}), named))
    assert (told["reel"], told["timecode"]) == ("A001C02", "10:00:00:00")
    boxed = film("box.mov")
    reel = box(b"reel", b"Tape 7\0")
    told = origin(edited(boxed, lambda movie: movie.add(b"udta", reel, b"moov")))
    assert told["reel"] == "Tape 7"


@pytest.mark.parametrize("name", ["a.mp4", "b.mov", "c.avi", "d.flv", "e.mkv"])
def test_the_library_that_writes_containers_is_the_muxer(
    film: Film, origin: Origin, name: str
) -> None:
    assert origin(film(name, "mpeg4" if name != "d.flv" else "flv"))["muxer"].startswith("Lavf")


def test_a_program_is_no_muxer(film: Film, origin: Origin) -> None:
    path = film("p.mp4")
    data = path.read_bytes()
    at = data.index(b"Lavf")
    path.write_bytes(data.replace(data[at : at + 8], b"HandBrak"))
    told = origin(path)
    assert (told["encoder"][:8], told["muxer"]) == ("HandBrak", None)
