"""A table as Parquet, which keeps the dtypes and carries the manifest."""

from __future__ import annotations

import json
from typing import BinaryIO

import pandas as pd
import pyarrow as pa
import pyarrow.parquet

from stoat_nb.catalog import frames
from stoat_nb.catalog.columns import Table
from stoat_nb.catalog.exports.manifest import as_json, manifest_of
from stoat_nb.catalog.exports.source import Source

#: What the manifest is called among the schema's metadata.
MANIFEST = b"stoat"
#: Rows of a row group; smaller ones make larger files that are slower to read.
GROUP_ROWS = 32_768


def write_parquet(source: Source, file: BinaryIO) -> None:
    """Write Parquet, some ten thousand rows at a time."""
    metadata = {b"pandas": _dtypes(source.table), MANIFEST: as_json(manifest_of(source))}
    schema = frames.schema(source.table).with_metadata(metadata)
    with pa.parquet.ParquetWriter(file, schema, compression="zstd") as writer:
        group: list[pa.Table] = []
        for piece in source.pieces():
            group.append(frames.arrow(source.table, piece))
            if sum(map(len, group)) >= GROUP_ROWS:
                writer.write_table(_joined(group, schema))
                group.clear()
        if group:
            writer.write_table(_joined(group, schema))


def _joined(group: list[pa.Table], schema: pa.Schema) -> pa.Table:
    return pa.concat_tables(group).unify_dictionaries().combine_chunks().cast(schema)


def _dtypes(table: Table) -> bytes:
    """Return what makes pandas read the file back with the dtypes it was written with."""
    # Lists are left out: pandas writes a dtype down for them that it cannot read back.
    plain = [column.name for column in table.columns if column.dtype != "list<string>"]
    empty: pd.DataFrame = frames.frame(table, [])
    known = json.loads(pa.Schema.from_pandas(empty[plain]).metadata[b"pandas"])
    known["index_columns"] = []
    return json.dumps(known).encode()
