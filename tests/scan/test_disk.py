"""What a folder lies on, by the kernel's own words, and how many may read from it at once."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

import pytest

from stoat_nb.scan.disk import Disk, disk_of
from stoat_nb.scan.lanes import Lanes


def words(folder: Path, file_system: str) -> Path:
    """Write a list of mounts in which a folder is of its own file system."""
    point = str(folder).replace(" ", "\\040")
    mounts = folder.parent / "mountinfo"
    mounts.write_text(
        "22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw\n"
        f"90 22 0:44 / {point} rw,relatime - {file_system} nas:/films rw\n"
    )
    return mounts


def disks(folder: Path, place: str, rotational: str) -> Path:
    """Make what the kernel says of the disk that a folder lies on."""
    device = folder.stat().st_dev
    blocks = folder.parent / "dev"
    disk = folder.parent / "devices" / place
    (disk / "queue").mkdir(parents=True)
    (disk / "queue" / "rotational").write_text(f"{rotational}\n")
    (disk / "part1").mkdir()
    blocks.mkdir()
    (blocks / f"{os.major(device)}:{os.minor(device)}").symlink_to(disk / "part1")
    return blocks


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "my films"
    made.mkdir()
    return made


@pytest.mark.parametrize("file_system", ["nfs4", "cifs", "fuse.sshfs", "9p"])
def test_a_network_mount_is_known_by_its_file_system(folder: Path, file_system: str) -> None:
    found = disk_of(os.fsencode(folder), mounts=words(folder, file_system), blocks=folder)
    assert (found.kind, found.device) == ("network", folder.stat().st_dev)


@pytest.mark.parametrize(
    ("place", "rotational", "kind"),
    [
        ("pci0/sda", "1", "turning"),
        ("pci0/nvme0n1", "0", "solid"),
        ("pci0/virtio3/block/vda", "1", "unknown"),
    ],
)
def test_a_partition_is_of_its_disk_and_a_virtual_disk_is_not_believed(
    folder: Path, place: str, rotational: str, kind: str
) -> None:
    mounts = words(folder, "ext4")
    found = disk_of(os.fsencode(folder), mounts=mounts, blocks=disks(folder, place, rotational))
    assert found.kind == kind
    assert found.keeps_numbers


def test_what_says_nothing_is_unknown(folder: Path, tmp_path: Path) -> None:
    nowhere = tmp_path / "nowhere"
    assert disk_of(os.fsencode(folder), mounts=nowhere, blocks=nowhere).kind == "unknown"
    assert disk_of(os.fsencode(nowhere)).kind == "unknown"


def test_file_numbers_of_a_camera_card_are_not_compared(folder: Path) -> None:
    assert not disk_of(os.fsencode(folder), mounts=words(folder, "exfat")).keeps_numbers


def test_a_hard_disk_has_one_reader_unless_it_is_told_otherwise() -> None:
    turning = Disk(1, "turning", keeps_numbers=True)
    assert turning.readers(4, None) == 1
    assert turning.readers(4, 3) == 3
    assert Disk(1, "solid", keeps_numbers=True).readers(4, None) == 4
    assert Disk(1, "network", keeps_numbers=True).readers(2, 8) == 2


@pytest.mark.anyio
async def test_scans_of_one_disk_share_its_readers() -> None:
    lanes = Lanes(4, None)
    turning, other = Disk(1, "turning", keeps_numbers=True), Disk(2, "solid", keeps_numbers=True)
    async with lanes.of(turning):
        assert lanes.of(turning).locked()
        assert not lanes.of(other).locked()
        waiting = asyncio.ensure_future(lanes.of(turning).acquire())
        await asyncio.sleep(0)
        assert not waiting.done()
    assert await waiting
