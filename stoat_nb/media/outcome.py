"""The worker's answer, checked: untrusted JSON in, a ``Video`` or a ``Failure`` out, no exception.

What is missing, of the wrong type or impossible becomes None; what makes no sense at all a failure.
"""

from __future__ import annotations

import json
from typing import Any

from stoat_nb.media.fact import Check, facts_of, number, one_of, text
from stoat_nb.media.failures import ERROR_CLASSES, STOAT
from stoat_nb.media.stream import Stream
from stoat_nb.media.video import Chapter, Failure, Found, Outcome, Tag, Video
from stoat_nb.names import shown

_MOST_STREAMS, _MOST_CHAPTERS, _MOST_TAGS = 1000, 2000, 5000
_LONGEST_DOCUMENT = 100_000
_WRITER = json.JSONEncoder(separators=(",", ":"), allow_nan=False)

_Object = dict[Any, Any]  #: Of JSON.
_Checks = dict[str, Check]

_error_class = one_of(ERROR_CLASSES)
_OF_STREAM, _OF_CHAPTER, _OF_TAG, _OF_VIDEO = (
    {name: fact.check for name, fact in facts_of(struct).items()}
    for struct in (Stream, Chapter, Tag, Video)
)
_OF_VIDEO |= dict.fromkeys(("streams", "chapters", "tags", "document"), lambda _: None)  # see below


def outcome(found: Found, value: Any) -> Outcome:
    """Turn what a worker answered about ``found`` into an outcome."""
    answer = value if isinstance(value, dict) else {}
    video, failure = answer.get("video"), answer.get("failure")
    if isinstance(failure, dict):
        return Outcome(found=found, failure=_failure(failure))
    if isinstance(video, dict) and (streams := _objects(video.get("streams"), _MOST_STREAMS)):
        return Outcome(found=found, video=_video(video, streams))
    return Outcome(found=found, failure=_senseless())


def _senseless() -> Failure:
    return Failure(error_class="internal", error="The reader's answer made no sense.", tool=STOAT)


def _failure(answer: _Object) -> Failure:
    name = _error_class(answer.get("error_class")) or "internal"
    return Failure(
        error_class=name,
        error=shown(text(answer.get("error")) or ERROR_CLASSES[name]),
        tool=text(answer.get("tool")) or STOAT,
        elapsed_ms=number(answer.get("elapsed_ms")),
    )


def _video(answer: _Object, streams: list[_Object]) -> Video:
    undeclared: _Object = {}
    facts = _kept(answer, _OF_VIDEO, undeclared)
    return Video(
        streams=tuple([_stream(idx, one, undeclared) for idx, one in enumerate(streams)]),
        chapters=_chapters(answer.get("chapters"), undeclared),
        tags=_tags(answer.get("tags"), len(streams), undeclared),
        document=_document(answer.get("document"), undeclared),
        **facts,
    )


def _stream(idx: int, answer: _Object, undeclared: _Object) -> Stream:
    """Return a stream; its number is its place, whatever the answer says."""
    facts = _kept(answer, _OF_STREAM, undeclared)
    if "fps_num" not in facts or "fps_den" not in facts:
        facts["fps_num"] = facts["fps_den"] = None
    facts["idx"] = idx
    facts.setdefault("kind", "unknown")
    return Stream(**facts)


def _kept(answer: _Object, checks: _Checks, undeclared: _Object) -> _Object:
    """Return the facts that pass their checks, in one pass over what there is: most are unknown."""
    facts: _Object = {}
    for name, value in answer.items():
        if value is None:
            continue
        check = checks.get(name)
        if check is None:
            undeclared[name] = value
        elif (kept := check(value)) is not None:
            facts[name] = kept
    return facts


def _chapters(answer: Any, undeclared: _Object) -> tuple[Chapter, ...]:
    found = [_kept(one, _OF_CHAPTER, undeclared) for one in _objects(answer, _MOST_CHAPTERS)]
    return tuple([Chapter(**{**one, "n": n}) for n, one in enumerate(found, start=1)])


def _tags(answer: Any, streams: int, undeclared: _Object) -> tuple[Tag, ...]:
    found = []
    for one in _objects(answer, _MOST_TAGS):
        tag = _kept(one, _OF_TAG, undeclared)
        if tag.get("idx", 0) >= streams:
            del tag["idx"]
        if "key" in tag and "value" in tag:
            found.append(Tag(**tag))
    return tuple(found)


def _objects(answer: Any, most: int) -> list[_Object]:
    given = answer[:most] if isinstance(answer, list | tuple) else ()
    return [one for one in given if isinstance(one, dict)]


def _document(answer: Any, undeclared: _Object) -> str | None:
    """Write what else the reader said, also under names that nobody declared.

    A document too long to keep whole is not kept.
    """
    said = answer if isinstance(answer, dict) else {}
    if undeclared:
        said = {**said, "undeclared": undeclared}
    if not said and answer != {}:
        return None
    try:
        written = _WRITER.encode(said)
    except (TypeError, ValueError, RecursionError):
        return None
    return written if len(written) <= _LONGEST_DOCUMENT else None
