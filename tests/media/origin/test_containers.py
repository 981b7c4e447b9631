"""What files of camcorders and programs say of their origin, in other containers than MP4."""

from __future__ import annotations

import re
import struct
from fractions import Fraction
from pathlib import Path
from random import Random

import av
import pytest

from stoat_nb.media.budgeted_reader import MemoryReader
from stoat_nb.media.probe import probe
from stoat_nb.media.readers import read_headers

from .conftest import MAKERS, NRT, SONY_META, WHEN, Film, Item, Movie, Origin


def test_an_mxf_file_is_as_old_as_its_material(film: Film, origin: Origin) -> None:
    tags = {"creation_time": WHEN, "timecode": "10:00:00:00"}
    told = origin(film("cam.mxf", "mpeg2video", size=(720, 576), tags=tags))
    assert told["encoder"].startswith("FFmpeg OP1a Muxer")
    assert {**told, "encoder": None} == {
        "created_at": WHEN,
        "created_basis": "package",
        "created_tz": "UTC",
        "timecode": "10:00:00:00",
        "drop_frame": False,
        "encoder": None,
        "muxer": None,
    }


def test_sony_s_xml_in_an_mxf_file_is_trusted_more(film: Film, origin: Origin) -> None:
    path = film("sony.mxf", "mpeg2video", size=(720, 576), tags={"creation_time": WHEN})
    data = path.read_bytes()
    xml = NRT[NRT.index(b"<NonRealTimeMeta") : NRT.index(b"<Acquisition")]
    # Into the filler between the first partition and the metadata (ST 377-1, 6.3.3).
    at = data.index(bytes.fromhex("060e2b34010101020301021001000000")) + 20
    assert int.from_bytes(data[at - 3 : at], "big") > len(xml)
    path.write_bytes(data[:at] + xml + data[at + len(xml) :])
    told = origin(path)
    assert (told["created_at"], told["created_basis"]) == ("2018-03-28T03:34:56Z", "camera_xml")
    assert told["camera_model"] == "ILCE-7SM3"


@pytest.mark.parametrize("name", ["cam.wmv", "cam.asf"])
def test_a_windows_media_file_is_as_old_as_its_properties_say(
    film: Film, origin: Origin, name: str
) -> None:
    told = origin(film(name, "wmv2", tags={"creation_time": WHEN}))
    assert (told["created_at"], told["created_basis"], told["created_tz"]) == (
        WHEN,
        "file_properties",
        "UTC",
    )
    assert "created_at" not in origin(film(f"none-{name}", "wmv2"))


def in_header(path: Path, *chunks: bytes) -> Path:
    """Add chunks to the header list of an AVI file."""
    data = path.read_bytes()
    at = data.index(b"hdrl")
    [size] = struct.unpack_from("<I", data, at - 4)
    more = b"".join(
        one[:4] + struct.pack("<I", len(one) - 4) + one[4:] + bytes(len(one) % 2) for one in chunks
    )
    data = (
        data[: at - 4]
        + struct.pack("<I", size + len(more))
        + data[at : at + size]
        + more
        + (data[at + size :])
    )
    path.write_bytes(data[:4] + struct.pack("<I", len(data) - 8) + data[8:])
    return path


def nikon_list() -> bytes:
    tags = b"".join(
        struct.pack("<HH", number, len(text)) + text
        for number, text in ((3, b"NIKON\0"), (4, b"COOLPIX S9100\0"))
    )
    return b"LISTncdtnctg" + struct.pack("<I", len(tags)) + tags


@pytest.mark.parametrize(
    ("text", "when"),
    [
        (b"Sat Mar 20 14:53:48 2010\n\0", "2010-03-20T14:53:48"),
        (b"2005/11/28/ 09:19\0", "2005-11-28T09:19:00"),
        (b"2002-12-16  15:35:01\0\0\0", "2002-12-16T15:35:01"),
    ],
)
def test_the_date_of_an_avi_camera_is_local_time(
    film: Film, origin: Origin, text: bytes, when: str
) -> None:
    path = film("camera.avi", "mjpeg", tags={"encoder": "x"})
    told = origin(in_header(path, b"IDIT" + text, b"ISMP01:02:03:04\0", nikon_list()))
    assert (told["created_at"], told["created_basis"], told["created_tz"]) == (
        when,
        "idit",
        "local",
    )
    assert (told["camera_make"], told["camera_model"]) == ("NIKON", "COOLPIX S9100")
    assert (told["timecode"], told["drop_frame"]) == ("01:02:03:04", False)
    assert told["encoder"].startswith("Lavf")


def test_the_day_that_an_avi_file_states_of_its_subject_is_local(
    film: Film, origin: Origin
) -> None:
    told = origin(film("day.avi", "mjpeg", tags={"date": "1957-10-04"}))
    assert (told["created_at"], told["created_basis"]) == ("1957-10-04T00:00:00", "recorded_date")
    assert "created_at" not in origin(film("year.avi", "mjpeg", tags={"date": "1957"}))


def unit(kind: int, payload: bytes) -> bytes:
    """Write a message of H.264 (ITU-T H.264, 7.3.2.3) with the bytes that part it from codes."""
    raw = bytes([kind, len(payload)]) + payload + b"\x80"
    out, zeros = bytearray(), 0
    for byte in raw:
        if zeros > 1 and byte < 4:
            out.append(3)
            zeros = 0
        out.append(byte)
        zeros = 0 if byte else zeros + 1
    return b"\0\0\0\1\6" + bytes(out)


def mdpm(*packs: bytes) -> bytes:
    mark = bytes.fromhex("17ee8c60f84d11d98cd60800200c9a66") + b"MDPM"
    return unit(5, mark + bytes([len(packs)]) + b"".join(packs))


def camcorder(path: Path, message: bytes) -> Path:
    """Write a transport stream of H.264 whose pictures carry a message."""
    options = {"mpegts_m2ts_mode": "1" if path.suffix == ".m2ts" else "0"}
    with av.open(str(path), "w", format="mpegts", options=options) as clip:
        stream = clip.add_stream("libx264", rate=25)
        stream.width, stream.height, stream.pix_fmt = 64, 64, "yuv420p"
        packets = []
        for number in range(10):
            frame = av.VideoFrame(64, 64, "yuv420p")
            frame.pts = number
            packets += stream.encode(frame)
        for packet in packets + stream.encode(None):
            marked = av.Packet(message + bytes(packet))
            marked.stream, marked.time_base = packet.stream, packet.time_base
            marked.pts, marked.dts = packet.pts, packet.dts
            marked.is_keyframe = packet.is_keyframe
            clip.mux(marked)
    return path


@pytest.mark.parametrize(
    ("zone", "when", "tz"),
    [
        (0x02, "2012-08-15T12:14:15Z", "+01:00"),
        (0x42, "2012-08-15T11:14:15Z", "+02:00"),  # summer time
        (0x2A, "2012-08-15T18:14:15Z", "-05:00"),
        (0x0B, "2012-08-15T07:44:15Z", "+05:30"),
        (0xFF, "2012-08-15T13:14:15", "local"),
    ],
)
def test_the_date_of_an_avchd_camcorder_has_its_zone(
    tmp_path: Path, origin: Origin, zone: int, when: str, tz: str
) -> None:
    packs = [
        bytes([0x18, zone, 0x20, 0x12, 0x08]),
        bytes([0x19, 0x15, 0x13, 0x14, 0x15]),
    ]
    for name in ("00000.MTS", "00000.m2ts"):
        told = origin(camcorder(tmp_path / name, mdpm(*packs)))
        assert (told["created_at"], told["created_basis"]) == (when, "mdpm")
        assert told["created_tz"] == tz


def test_an_avchd_camcorder_tells_its_maker_and_place(tmp_path: Path, origin: Origin) -> None:
    def rational(pack: int, above: int, below: int) -> bytes:
        return bytes([pack]) + struct.pack(">HH", above, below)

    packs = [
        bytes([0xE0, 0x01, 0x08, 0x31, 0x00]),
        b"\xe4DSC-",
        b"\xe5HX7V",
        b"\xe6\0\0\0\0",
        b"\xb1N\0\0\0",
        rational(0xB2, 48, 1),
        rational(0xB3, 52, 1),
        rational(0xB4, 4404, 100),
        b"\xb5W\0\0\0",
        rational(0xB6, 2, 1),
        rational(0xB7, 20, 1),
        rational(0xB8, 0, 1),
    ]
    told = origin(camcorder(tmp_path / "s.MTS", mdpm(*packs)))
    assert (told["camera_make"], told["camera_model"]) == ("Sony", "DSC-HX7V")
    assert (told["gps_lat"], told["gps_lon"]) == (48.8789, -2.333333)
    assert "created_at" not in told


def test_a_damaged_date_of_a_camcorder_is_none(tmp_path: Path, origin: Origin) -> None:
    packs = [bytes([0x18, 2, 0x20, 0x12, 0x1F]), bytes([0x19, 0x99, 0xAA, 0, 0])]
    assert "created_at" not in origin(camcorder(tmp_path / "x.MTS", mdpm(*packs)))


@pytest.mark.parametrize("name", ["tape.dv", "tape.avi", "tape.mov"])
def test_time_code_of_a_tape_is_read_from_its_frames(film: Film, origin: Origin, name: str) -> None:
    path = film("tape.dv", "dvvideo", size=(720, 576), tags={"timecode": "01:02:03:04"})
    if name != "tape.dv":
        with av.open(str(path)) as tape, av.open(str(path.with_name(name)), "w") as copy:
            stream = copy.add_stream_from_template(tape.streams.video[0])
            for packet in tape.demux(video=0):
                if packet.dts is not None:
                    packet.stream = stream
                    copy.mux(packet)
        path = path.with_name(name)
    told = origin(path)
    assert (told["timecode"], told["drop_frame"]) == ("01:02:03:04", False)


def test_a_tape_says_whether_its_frames_are_two_fields(film: Film, item: Item) -> None:
    path = film("tape.dv", "dvvideo", size=(720, 576))
    data = path.read_bytes()
    control = re.compile(rb"\x61(?:\x3f|\x33).[\x80-\xff]\xff", re.DOTALL)
    assert len(control.findall(data)) > 1
    for flags, is_interlaced in ((0xFC, True), (0xEC, False)):
        path.write_bytes(control.sub(lambda m, f=flags: m[0][:3] + bytes([f, 0xFF]), data))
        assert probe(item(path))["video"]["streams"][0]["interlaced"] is is_interlaced
    path.write_bytes(control.sub(b"\xff" * 5, data))
    assert probe(item(path))["video"]["streams"][0]["interlaced"] is None


def test_a_tape_s_own_date_is_local(tmp_path: Path, origin: Origin) -> None:
    path = tmp_path / "tape.dv"
    with av.open(str(path), "w") as tape:  # a muxer writes the date of recording into frames
        tape.metadata.update({"creation_time": WHEN, "timecode": "00:59:58;02"})
        picture = tape.add_stream("dvvideo", rate=Fraction(30000, 1001))
        picture.width, picture.height, picture.pix_fmt = 720, 480, "yuv411p"
        sound = tape.add_stream("pcm_s16le", rate=48_000, layout="stereo")
        for number in range(4):
            frame = av.VideoFrame(720, 480, "yuv411p")
            frame.pts = number
            tape.mux(picture.encode(frame))
            quiet = av.AudioFrame("s16", "stereo", 1602)
            quiet.sample_rate, quiet.pts = 48_000, number * 1602
            tape.mux(sound.encode(quiet))
        tape.mux(picture.encode(None))
    told = origin(path)
    assert (told["created_at"], told["created_basis"], told["created_tz"]) == (
        WHEN.rstrip("Z"),
        "dv",
        "local",
    )
    assert (told["timecode"], told["drop_frame"]) == ("00:59:58;02", True)


def test_matroska_tells_the_program_beside_the_library(film: Film, origin: Origin) -> None:
    path = film("h.mkv", tags={"creation_time": WHEN})
    data = path.read_bytes()
    at = data.index(b"\x57\x41") + 2
    size = data[at] & 0x7F
    name = b"HandBrake 1.6"[:size].ljust(size, b"\0")
    path.write_bytes(data[: at + 1] + name + data[at + 1 + size :])
    told = origin(path)
    assert told["encoder"] == name.rstrip(b"\0").decode()
    assert told["muxer"].startswith("Lavf")
    assert (told["created_at"], told["created_basis"], told["created_tz"]) == (
        WHEN,
        "date_utc",
        "UTC",
    )


def test_a_matroska_tag_of_recording_overrules_the_date_of_the_file(
    film: Film, origin: Origin
) -> None:
    tags = {"creation_time": WHEN, "DATE_RECORDED": "1957-10-04 19:28:34"}
    told = origin(film("r.mkv", tags={**tags, "LOCATION": "+45.9200+063.3420/"}))
    assert (told["created_at"], told["created_basis"], told["created_tz"]) == (
        "1957-10-04T19:28:34",
        "recorded_date",
        "local",
    )
    assert (told["gps_lat"], told["gps_lon"]) == (45.92, 63.342)


def test_an_ogg_file_says_what_its_streams_say(film: Film, item: Item) -> None:
    path = film("o.ogv", "libvpx", tags={"title": "Tt", "creation_time": WHEN})
    video = probe(item(path))["video"]
    assert (video["title"], video["created_at"]) == ("Tt", WHEN)


@pytest.mark.parametrize("name", ["a.avi", "a.wmv", "a.mxf", "a.mp4", "a.mkv"])
def test_damage_anywhere_in_a_header_never_raises(film: Film, name: str) -> None:
    codecs = {"a.avi": "mjpeg", "a.wmv": "wmv2", "a.mxf": "mpeg2video"}
    size = (720, 576) if name == "a.mxf" else (64, 64)
    path = film(name, codecs.get(name, "libx264"), size=size, tags={"creation_time": WHEN})
    if name == "a.avi":
        in_header(path, b"IDIT2010-03-20 14:53:48\0\0", nikon_list())
    whole = path.read_bytes()
    if name == "a.mp4":  # makers' boxes in its index
        movie = Movie(path)
        movie.add(b"udta", b"".join(body for body, _, _ in MAKERS.values()), b"moov")
        movie.add(b"meta", SONY_META)
        whole = movie.written()
    head = min(len(whole), 6000)
    start = len(whole) - head if name == "a.mp4" else 0
    random = Random(name)  # noqa: S311 - the same damage each time
    for _ in range(300):
        damaged = bytearray(whole)
        for _ in range(random.randrange(1, 4)):
            damaged[start + random.randrange(head)] = random.choice((0, 1, 0x7F, 0xFF))
        headers = read_headers(MemoryReader(bytes(damaged)))
        facts = {"tags": [], "format_name": "", "streams": [], "fragmented": None}
        assert headers.complete(facts)["encoder"] != ""
