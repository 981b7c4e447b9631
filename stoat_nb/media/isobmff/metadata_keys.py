"""What boxes of metadata are called (QTFF, "User Data Atoms"; iTunes), and which FFmpeg reads."""

from __future__ import annotations

#: Texts by the box that holds them, whoever wrote it: QuickTime's own words, and iTunes'.
TEXTS = {
    b"\xa9ART": "artist",
    b"\xa9PRD": "producer",
    b"\xa9alb": "album",
    b"\xa9aut": "artist",
    b"\xa9cmt": "comment",
    b"\xa9com": "composer",
    b"\xa9cpy": "copyright",
    b"\xa9day": "date",
    b"\xa9dir": "director",
    b"\xa9enc": "encoder",
    b"\xa9fmt": "original_format",
    b"\xa9gen": "genre",
    b"\xa9grp": "grouping",
    b"\xa9inf": "comment",
    b"\xa9lyr": "lyrics",
    b"\xa9hst": "host_computer",
    b"\xa9mak": "make",
    b"\xa9mod": "model",
    b"\xa9nam": "title",
    b"\xa9prd": "producer",
    b"\xa9src": "original_source",
    b"\xa9swr": "encoder",
    b"\xa9too": "encoder",
    b"\xa9url": "URL",
    b"\xa9wrt": "composer",
    b"\xa9xyz": "location",
    b"aART": "album_artist",
    b"apID": "account_id",
    b"catg": "category",
    b"cprt": "copyright",
    b"desc": "description",
    b"keyw": "keywords",
    b"manu": "make",
    b"modl": "model",
    b"purd": "purchase_date",
    b"ldes": "synopsis",
    b"soaa": "sort_album_artist",
    b"soal": "sort_album",
    b"soar": "sort_artist",
    b"soco": "sort_composer",
    b"sonm": "sort_name",
    b"sosn": "sort_show",
    b"tven": "episode_id",
    b"tvnn": "network",
    b"tvsh": "show",
}
OF_SEVERAL = {b"trkn": "track", b"disk": "disc"}
#: Numbers of one byte, and how many bytes there are in all.
SMALL = {
    b"cpil": ("compilation", 1),
    b"hdvd": ("hd_video", 1),
    b"pcst": ("podcast", 1),
    b"pgap": ("gapless_playback", 1),
    b"rtng": ("rating", 1),
    b"stik": ("media_type", 1),
    b"tves": ("episode_sort", 4),
    b"tvsn": ("season_number", 4),
}
PLACE = b"loci"
#: Of no meaning to libav: what makers of phones and cameras, and Windows, note for themselves.
UNREAD = frozenset(
    b"free SDLN smrd smta date auth titl dscp albm perf yrrc clsf Xtra thmb kywd WLOC "
    b"LENS CAME SETT AMBA MUID BCID GUMI GPMF CNTH CNDA CNFV CNCV CNMN CNMP PANA NCDT "
    b"MVTI PENT PXMN TAGS SelO AllF LOOP vndr "
    b"\xa9xsp \xa9ysp \xa9zsp \xa9fpt \xa9fyw \xa9frl \xa9gpt \xa9gyw \xa9grl \xa9mdl".split()
)
FIRMWARE = b"FIRM"
SILENT = frozenset(b"covr tmpo plID cnID atID geID sfID cmID purl shwm".split())  # iTunes' own
