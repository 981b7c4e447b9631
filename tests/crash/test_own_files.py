"""No scan opens a library's own files: they are no videos, whatever they are called."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

PROGRAM = """
import sys
from pathlib import Path
from stoat_nb.library import Library

path = Path(sys.argv[1])
opened = []

def hear(event, arguments):
    if event == "open" and isinstance(arguments[0], (str, bytes)):
        name = arguments[0] if isinstance(arguments[0], str) else arguments[0].decode()
        opened.append(name.rpartition("/")[2])

sys.addaudithook(hear)
with Library(path) as library:
    opened.clear()  # the library has opened its file, for its locks
    report = library.scan(path.parent).result()
    library.scan(path.parent).result()
    library.videos(), library.jobs(), library.summary()
    library.export(path.parent / "videos.csv")
ours = [name for name in opened if name.startswith(path.name)]
print(report.scanned, *ours)
path.open("rb").close()
assert opened[-1] == path.name, "this program hears of nothing that is opened"
"""


def test_a_library_in_the_folder_that_it_scans_is_opened_by_sqlite_alone(tmp_path: Path) -> None:
    (tmp_path / "clip.mp4").write_bytes(b"no video")
    told = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(tmp_path / "library.mp4")],
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    scanned, *opened = told.stdout.split()
    assert opened == []
    assert int(scanned) >= 1
