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


def write_parquet(source: Source, file: BinaryIO) -> None:
    """Write Parquet, a row group of some ten thousand rows at a time."""
    metadata = {b"pandas": _dtypes(source.table), MANIFEST: as_json(manifest_of(source))}
    schema = source.schema.with_metadata(metadata)
    with pa.parquet.ParquetWriter(file, schema, compression="zstd") as writer:
        for piece in source.pieces():
            writer.write_table(pa.table([*map(_own, piece.columns)], schema=schema))


def _own(column: pa.ChunkedArray) -> pa.Array:
    """Return a column with no words but its own: a file must not tell of rows that it has not."""
    whole = column.combine_chunks()
    if pa.types.is_dictionary(column.type):
        return whole.cast(pa.string()).dictionary_encode()
    return whole.cast(pa.string()) if pa.types.is_large_string(column.type) else whole


def _dtypes(table: Table) -> bytes:
    """Return what makes pandas read the file back with the dtypes it was written with."""
    # Lists are left out: pandas writes a dtype down for them that it cannot read back.
    plain = [column.name for column in table.columns if column.dtype != "list<string>"]
    empty: pd.DataFrame = frames.frame_of(table, frames.schema(table).empty_table())
    known = json.loads(pa.Schema.from_pandas(empty[plain]).metadata[b"pandas"])
    known["index_columns"] = []
    return json.dumps(known).encode()
