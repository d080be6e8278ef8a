"""What programs write otherwise than REFI-QDA has it, put right in the XML tree before it is read.

QualCoder refers to sources by the names of their files, NVivo codes texts with its cases, NVivo and ATLAS.ti
tie memos to stretches by links, and texts of PDFs and recordings hang below the source that all refer to.
"""

from __future__ import annotations

import re
import uuid
from collections import Counter
from collections.abc import Iterator
from xml.etree.ElementTree import Element, SubElement  # types, and made ones; the parser is in xmlfile

from autocode.codebook.qdc_format import normal_guid

_CHANGED = (
    ("creatingUser", "modifyingUser"), ("creatingUserGUID", "modifyingUserGUID"),
    ("creationDateTime", "modifiedDateTime"),
)  # fmt: skip
_TEXT_OF = {"PDFSource": "Representation", "AudioSource": "Transcript", "VideoSource": "Transcript"}
_TEXTS = ("TextSource", *dict.fromkeys(_TEXT_OF.values()))
_MAY_HAVE_NOTES = (*_TEXTS, "PlainTextSelection", "TranscriptSelection", "Coding", "Code")
_OF_A_SOURCE = ("Coding", "NoteRef", "VariableValue", "PlainTextSelection")
_MADE = uuid.UUID("6a0d5f5e-2f5b-5c1e-9a43-6c1d0e3b9f27")
_KINDS = {  # what an element is, and what one that refers to it says
    "User": "user", "Code": "code", "Note": "note", "Case": "case", "Variable": "variable",
    "SyncPoint": "point", "CodeRef": "code", "MemberCode": "code", "NoteRef": "note", "MemberNote": "note",
    "VariableRef": "variable", "SourceRef": "source", "MemberSource": "source", "SelectionRef": "selection",
    **{f"{kind}Source": "source" for kind in ("Text", "PDF", "Picture", "Audio", "Video")},
    **dict.fromkeys(_TEXT_OF.values(), "source"),
    "PlainTextSelection": "selection", "TranscriptSelection": "selection",
}  # fmt: skip
_STRAY = re.compile(rb"&(?!(?:#\d+|#x[0-9a-fA-F]+|amp|lt|gt|quot|apos);)")
_CONTROL = re.compile(rb"[\x00-\x08\x0b\x0c\x0e-\x1f]")
_WIDE = (b"\xff\xfe", b"\xfe\xff")
_CLOSING = re.compile(rb"</(Audio|Video)'Selection>")
_TEXT_TAG = re.compile(rb"<(/?)(PlainTextContent|Description|TextValue)>")


def mended(data: bytes) -> bytes:
    """XML in which QualCoder did not escape a text, a form feed or its own tag, so that it is valid.

    qc declares no encoding, and on Windows writes that of the computer. UTF-16 stays as it is.
    """
    if data.startswith(_WIDE):
        return data
    if not data.lstrip().startswith(b"<?xml"):
        try:
            data.decode("utf-8")
        except UnicodeDecodeError:
            data = data.decode("cp1252", "replace").encode()
    data = _CLOSING.sub(rb"</\1Selection>", _CONTROL.sub(b" ", _STRAY.sub(b"&amp;", data)))
    return _without_tags_in_texts(data)


def _without_tags_in_texts(data: bytes) -> bytes:
    """The XML with < and > escaped in elements that hold nothing but text."""
    parts: list[bytes] = []
    done, opened = 0, None
    for tag in _TEXT_TAG.finditer(data):
        if opened is None:
            opened = None if tag[1] else tag
        elif tag[1] and tag[2] == opened[2]:
            said = data[opened.end() : tag.start()]
            if (b"<" in said or b"]]>" in said) and not said.lstrip().startswith(b"<![CDATA["):
                said = said.replace(b"<", b"&lt;").replace(b">", b"&gt;")
                parts += [data[done : opened.end()], said]
                done = tag.start()
            opened = None
    return b"".join([*parts, data[done:]])


def put_right(root: Element) -> Counter[str]:
    """Change the tree of a project to what the standard means; how often codes were cases in truth."""
    for element in root.iter():
        for made, changed in _CHANGED:
            if not element.get(made) and (value := element.get(changed)):
                element.set(made, value)
    n_named = _ids_to_guids(root)
    _call_sources_by_one_guid(root)
    about = root.find("Description")
    if about is not None and about.text == "None" and root.get("origin", "").startswith("QualCoder"):
        root.remove(about)  # it had no memo
    notes = {guid: one for one in root.iterfind("Notes/Note") if (guid := normal_guid(one.get("guid")))}
    _place_annotations(root, notes)
    _follow_links(root, notes)
    n_cases = _codes_that_are_cases(root)
    given = {_target(one) for one in root.iter("NoteRef")}
    for guid in notes:
        if guid not in given:  # memos and journals of the project
            SubElement(root, "NoteRef", targetGUID=guid)
    return Counter({"code that is a case": n_cases, "missing or malformed GUID": n_named})


def _target(element: Element | None) -> str | None:
    return None if element is None else normal_guid(element.get("targetGUID"))


def _ids_to_guids(root: Element) -> int:
    """Ids that are no GUIDs ("code-1", "17") become some, wherever they stand; how many there were."""
    found: dict[tuple[str, str], str] = {}

    def changed(element: Element, key: str, kind: str) -> None:
        id = element.get(key, "").strip()
        if id and normal_guid(id) is None and (known := found.get((kind, id))):
            element.set(key, known)

    for element in root.iter():
        kind, id = _KINDS.get(element.tag), element.get("guid", "").strip()
        if kind is not None and id and normal_guid(id) is None and not element.tag.startswith("Member"):
            found[kind, id] = str(uuid.uuid5(_MADE, f"{kind}-{id}"))
    for element in root.iter() if found else ():
        if (kind := _KINDS.get(element.tag)) is not None:
            changed(element, "guid", kind)
            changed(element, "targetGUID", kind)
        for key in (key for pair in _CHANGED[:2] for key in pair):
            changed(element, key, "user")
        for key in ("fromSyncPoint", "toSyncPoint"):
            changed(element, key, "point")
    return len(found)


def _call_sources_by_one_guid(root: Element) -> None:
    """Whatever refers to a PDF or recording, or to the file of a text, refers to the text itself."""
    same: dict[str, str] = {}
    texts = [text for source in root.iterfind("Sources/*") if (text := _text_of(source, same)) is not None]
    known = {normal_guid(one.get("guid")) for one in texts}
    for one in texts:
        own = normal_guid(one.get("guid"))
        for path in ("richTextPath", "plainTextPath"):
            name = one.get(path, "").replace("\\", "/").rpartition("/")[2]
            file = normal_guid(name.partition(".")[0])
            if own is not None and file is not None and file not in known:
                same[file] = own
    for tag in ("SourceRef", "MemberSource", "Link"):
        for element in root.iter(tag):
            for key in ("targetGUID", "originGUID"):
                if (guid := normal_guid(element.get(key))) in same:
                    element.set(key, same[guid])


def _text_of(source: Element, same: dict[str, str]) -> Element | None:
    """The element that has the source's text, with all that is said of the source; None: it has none."""
    if source.tag not in _TEXT_OF:
        return source if source.tag == "TextSource" else None
    text = source.find(_TEXT_OF[source.tag])
    if text is None:
        return None
    for key in ("guid", "creatingUser", "creationDateTime"):
        if not text.get(key) and (value := source.get(key)):
            text.set(key, value)
    outer, inner = normal_guid(source.get("guid")), normal_guid(text.get("guid"))
    if outer is not None and inner is not None and outer != inner:
        same[outer] = inner
    for child in [one for one in source if one.tag in _OF_A_SOURCE]:
        source.remove(child)
        text.append(child)
    about = source.find("Description")
    if about is not None and about.text and not text.findtext("Description"):
        text.insert(0, about)
    return text


def _texts(root: Element) -> Iterator[Element]:
    for source in root.iterfind("Sources/*"):
        yield from (one for one in source.iter() if one.tag in _TEXTS)


def _place_annotations(root: Element, notes: dict[str, Element]) -> None:
    """A note on a source that says itself which stretch it is about (QualCoder) becomes a note on that."""
    for source in _texts(root):
        for reference in source.findall("NoteRef"):
            note = notes.get(_target(reference) or "")
            place = note.find("PlainTextSelection") if note is not None else None
            if note is not None and place is not None and place.find("Coding") is None:
                for key in ("creatingUser", "creationDateTime"):
                    if not place.get(key) and (value := note.get(key)):
                        place.set(key, value)
                note.remove(place)
                source.remove(reference)
                place.append(reference)
                source.append(place)


def _follow_links(root: Element, notes: dict[str, Element]) -> None:
    """A link between a note and what may have notes is a note on that."""
    links = root.find("Links")
    if links is None:
        return
    above = (*root.iterfind("CodeBook/Codes"), *_texts(root))
    things = {
        guid: one
        for one in (one for element in above for one in element.iter())
        if one.tag in _MAY_HAVE_NOTES and (guid := normal_guid(one.get("guid")))
    }
    for link in links.findall("Link"):
        ends = [normal_guid(link.get(key)) or "" for key in ("originGUID", "targetGUID")]
        for note, thing in (ends, ends[::-1]):
            if note in notes and thing in things:
                SubElement(things[thing], "NoteRef", targetGUID=note)
                links.remove(link)
                break


def _codes_that_are_cases(root: Element) -> int:
    """NVivo codes texts with its cases: such codings say where a case speaks. How many codes those were."""
    cases = {guid: one for one in root.iterfind("Cases/Case") if (guid := normal_guid(one.get("guid")))}
    codes = root.find("CodeBook/Codes")
    if not cases or codes is None:
        return 0
    n = _without_cases(codes, cases)
    for source in _texts(root) if n else ():
        for element in (source, *source.iter("PlainTextSelection"), *source.iter("TranscriptSelection")):
            for coding in element.findall("Coding"):
                case = cases.get(_target(coding.find("CodeRef")) or "")
                if case is None:
                    continue
                element.remove(coding)
                for tag, one in (("SourceRef", source), ("SelectionRef", element)):
                    if one.get("guid") and (tag == "SourceRef" or one is not source):
                        SubElement(case, tag, targetGUID=one.get("guid", ""))
    return n


def _without_cases(codes: Element, cases: dict[str, Element]) -> int:
    """Take codes that are cases out of the tree; codes below them move up."""
    n = 0
    for place, code in reversed(list(enumerate(codes))):
        n += _without_cases(code, cases)
        if code.tag == "Code" and normal_guid(code.get("guid")) in cases:
            codes[place : place + 1] = code.findall("Code")
            n += 1
    return n
