"""JSON of speech recognisers and their editors: told apart by shape, read with speakers and times."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from autocode.errors import ReadError
from autocode.read import READERS, read_transcript
from autocode.records import Transcript


def read(folder: Path, document: Any) -> Transcript:
    path = folder / "a.json"
    path.write_text(json.dumps(document), encoding="utf-8")
    transcript = read_transcript(path)
    for turn in transcript.turns:
        assert transcript.text[turn.start_char : turn.end_char] == turn.text
        for start, end, _, _ in turn.meta.get("cues", ()):
            assert turn.start_char <= start < end <= turn.end_char
    return transcript


def said(transcript: Transcript) -> list[tuple[str, str, float | None, float | None]]:
    return [(turn.speaker, turn.text, turn.start_s, turn.end_s) for turn in transcript.turns]


def aws_item(text: str, start: str | None = None, end: str | None = None, **more: Any) -> dict[str, Any]:
    kind = "punctuation" if start is None else "pronunciation"
    times = {} if start is None else {"start_time": start, "end_time": end}
    return {"type": kind, "alternatives": [{"content": text, "confidence": "0.9"}], **times, **more}


AWS_ITEMS = [
    aws_item("Why", "0.5", "0.9"),
    aws_item("Turku", "1.0", "1.5"),
    aws_item("?"),
    aws_item("The", "2.0", "2.2"),
    aws_item("port", "2.2", "2.6"),
    aws_item("."),
]
AWS_LABELS = {
    "speakers": 2,
    "segments": [
        {"speaker_label": "", "start_time": "0.1", "end_time": "0.4", "items": []},
        {
            "speaker_label": "spk_0",
            "items": [
                {"speaker_label": "spk_0", "start_time": "0.5", "end_time": "0.9"},
                {"speaker_label": "spk_0", "start_time": "1.0", "end_time": "1.5"},
            ],
        },
        {
            "speaker_label": "spk_1",
            "items": [
                {"start_time": "2.0", "end_time": "2.2"},
                {"start_time": "2.2", "end_time": "2.6"},
            ],
        },
    ],
}
AWS = {
    "jobName": "a",
    "results": {"language_code": "en-GB", "items": AWS_ITEMS, "speaker_labels": AWS_LABELS},
}
TURKU = [("spk_0", "Why Turku?", 0.5, 1.5), ("spk_1", "The port.", 2.0, 2.6)]


def google_word(text: str, start: float, tag: int | None = None) -> dict[str, Any]:
    whole, nanos = int(start), round((start - int(start)) * 1e9)
    speaker = {} if tag is None else {"speakerTag": tag}
    return {
        "word": text,
        "startTime": {"seconds": str(whole), "nanos": nanos},
        "endTime": f"{start + 0.5}s",
        **speaker,
    }


GOOGLE = {
    "results": [
        {
            "alternatives": [
                {"transcript": "Why Turku?", "words": [google_word("Why", 0.5), google_word("Turku?", 1)]}
            ]
        },
        {"alternatives": [{"transcript": " The port.", "words": [google_word("The", 2)]}]},
        {
            "languageCode": "en-us",
            "alternatives": [
                {
                    "words": [
                        google_word("Why", 0.5, 1),
                        google_word("Turku?", 1, 1),
                        google_word("The", 2, 2),
                        google_word("port.", 2.5, 2),
                    ]
                }
            ],
        },
    ]
}
DEEPGRAM_WORDS = [
    {"word": "why", "punctuated_word": "Why", "start": 0.5, "end": 0.9, "speaker": 0},
    {"word": "turku", "punctuated_word": "Turku?", "start": 1.0, "end": 1.5, "speaker": 0},
    {"word": "the", "punctuated_word": "The", "start": 2.0, "end": 2.2, "speaker": 1},
    {"word": "port", "punctuated_word": "port.", "start": 2.2, "end": 2.6, "speaker": 1},
]
DEEPGRAM = {
    "metadata": {},
    "results": {"channels": [{"alternatives": [{"transcript": "x", "words": DEEPGRAM_WORDS}]}]},
}
ASSEMBLYAI = {
    "text": "Why Turku? The port.",
    "language_code": "en_us",
    "words": [],
    "utterances": [
        {"speaker": "A", "text": "Why Turku?", "start": 500, "end": 1500, "words": []},
        {
            "speaker": "B",
            "text": "The port.",
            "start": 2000,
            "end": 2600,
            "words": [
                {"text": "The", "start": 2000, "end": 2200},
                {"text": "port.", "start": 2200, "end": 2600},
            ],
        },
    ],
}
IBM = {
    "results": [
        {
            "results": [
                {
                    "alternatives": [
                        {"timestamps": [["why", 0.5, 0.9], ["Turku", 1.0, 1.5], ["the", 2, 2.2]]},
                    ]
                },
                {"alternatives": [{"timestamps": [["port", 2.2, 2.6]]}]},
            ],
            "speaker_labels": [
                {"from": 0.5, "to": 0.9, "speaker": 0},
                {"from": 1.0, "to": 1.5, "speaker": 0},
                {"from": 2, "to": 2.2, "speaker": 1},
                {"from": 2.2, "to": 2.6, "speaker": 1},
            ],
        }
    ]
}
SPEECHMATICS_1 = {
    "job": {"lang": "en"},
    "speakers": [
        {"name": "F1", "time": "0.50", "duration": "1"},
        {"name": "M2", "time": "2.00", "duration": "1"},
    ],
    "words": [
        {"name": "Why", "time": "0.50", "duration": "0.40"},
        {"name": "Turku", "time": "1.00", "duration": "0.50"},
        {"name": "?", "time": "1.50", "duration": "0.00"},
        {"name": "The", "time": "2.00", "duration": "0.20"},
        {"name": "port", "time": "2.20", "duration": "0.40"},
        {"name": ".", "time": "2.60", "duration": "0.00"},
    ],
}


def speechmatics_2(text: str, start: float, end: float, speaker: str, kind: str = "word") -> dict[str, Any]:
    best = {"content": text, "speaker": speaker}
    return {"type": kind, "start_time": start, "end_time": end, "alternatives": [best]}


SPEECHMATICS_2 = {
    "format": "2.9",
    "metadata": {"transcription_config": {"language": "en"}},
    "results": [
        speechmatics_2("Why", 0.5, 0.9, "S1"),
        speechmatics_2("Turku", 1.0, 1.5, "S1"),
        speechmatics_2("?", 1.5, 1.5, "S1", "punctuation"),
        speechmatics_2("The", 2.0, 2.2, "UU"),
        speechmatics_2("port", 2.2, 2.6, "UU"),
        speechmatics_2(".", 2.6, 2.6, "UU", "punctuation"),
    ],
}
TRINT = {
    "title": "a.mp3",
    "speakers": {"s1": {"name": "Ann Lee"}},
    "paragraphs": {"p0": {}, "p1": {}},
    "words": [
        {"value": "Why", "time": 500, "duration": 400, "paragraphId": "p0", "speaker": "s1"},
        {"value": "um", "time": 900, "duration": 50, "paragraphId": "p0", "strikethrough": True},
        {"value": "Turku?", "time": 1000, "duration": 500, "paragraphId": "p0", "speaker": "s1"},
        {"value": "The", "time": 2000, "duration": 200, "paragraphId": "p1", "speaker": "Bo"},
        {"value": "port.", "time": 2200, "duration": 400, "paragraphId": "p1", "speaker": "Bo"},
    ],
}
KALDI = {
    "retval": {
        "words": [
            {"word": "why", "punct": "Why", "start": 0.5, "end": 0.9},
            {"word": "turku", "punct": "Turku?", "start": 1.0, "end": 1.5},
            {"word": "the", "punct": "The", "start": 2.0, "end": 2.2},
            {"word": "port", "punct": "port.", "start": 2.2, "end": 2.6},
        ],
        "segmentation": {
            "segments": [
                {"start": 0.1, "duration": 1.6, "speaker": {"@id": "S0"}},
                {"start": 1.9, "duration": 0.5, "speaker": {"@id": "S1"}},
            ]
        },
    }
}
VOSK = [
    {
        "text": "why turku",
        "result": [
            {"word": "why", "start": 0.5, "end": 0.9, "conf": 1},
            {"word": "turku", "start": 1.0, "end": 1.5, "conf": 1},
        ],
    },
    {"text": ""},
    {"text": "the port", "result": [{"word": "the", "start": 2, "end": 2.2}, {"word": "port", "end": 2.6}]},
]
AUTOEDIT = {
    "title": "a.mp4",
    "text": [
        {
            "speaker": "Ann",
            "paragraph": [
                {"line": [{"text": "Why", "startTime": 0.5, "endTime": 0.9}]},
                {"line": [{"text": "Turku?", "startTime": 1.0, "endTime": 1.5}]},
            ],
        },
        {
            "speaker": "Unnamed Speaker",
            "paragraph": [{"line": [{"text": "The", "startTime": 2}, {"text": "port.", "endTime": 2.6}]}],
        },
    ],
}
DPE = {
    "words": [
        {"id": 0, "text": "Why", "start": 0.5, "end": 0.9},
        {"id": 1, "text": "Turku?", "start": 1.0, "end": 1.5},
        {"id": 2, "text": "The", "start": 2.0, "end": 2.2},
        {"id": 3, "text": "port.", "start": 2.2, "end": 2.6},
    ],
    "paragraphs": [
        {"id": 0, "start": 0.5, "end": 1.5, "speaker": "Ann"},
        {"id": 1, "start": 2.0, "end": 2.6, "speaker": "U_UKN"},
    ],
}
PODCAST = {
    "version": "1.0.0",
    "segments": [
        {"speaker": "Ann", "startTime": 0.5, "endTime": 0.9, "body": "Why"},
        {"startTime": 1.0, "endTime": 1.5, "body": "Turku?"},
        {"speaker": "Bo", "startTime": 2.0, "endTime": 2.6, "body": "The port."},
    ],
}
ELEVENLABS = {
    "language_code": "eng",
    "text": "Why Turku? The port.",
    "words": [
        {"type": "word", "text": "Why", "start": 0.5, "end": 0.9, "speaker_id": "speaker_0"},
        {"type": "spacing", "text": " ", "start": 0.9, "end": 1.0, "speaker_id": "speaker_0"},
        {"type": "word", "text": "Turku?", "start": 1.0, "end": 1.5, "speaker_id": "speaker_0"},
        {"type": "word", "text": "The", "start": 2.0, "end": 2.2, "speaker_id": "speaker_1"},
        {"type": "word", "text": "port.", "start": 2.2, "end": 2.6, "speaker_id": "speaker_1"},
    ],
}


def rev(value: str, start: float | None = None, end: float | None = None) -> dict[str, Any]:
    return {"type": "text" if start else "punct", "value": value, "ts": start, "end_ts": end}


REV = {
    "speakers": [{"id": 1, "name": "Bo"}],
    "monologues": [
        {"speaker": 0, "elements": [rev("Why", 0.5, 0.9), rev(" "), rev("Turku", 1.0, 1.5), rev("?")]},
        {"speaker": 1, "elements": [rev("The", 2.0, 2.2), rev(" "), rev("port", 2.2, 2.6), rev(".")]},
    ],
}
UTTERANCES = [
    {"start": 0.5, "end": 1.5, "speaker": 0, "transcript": "Why Turku?"},
    {"start": 2.0, "end": 2.6, "speaker": 1, "transcript": "The port."},
]
PARAGRAPHS = [
    {
        "speaker": one["speaker"],
        "sentences": [{"text": one["transcript"], "start": one["start"], "end": one["end"]}],
    }
    for one in UTTERANCES
]
CALL = {
    "LanguageCode": "en-GB",
    "Transcript": [
        {
            "ParticipantRole": "AGENT",
            "Content": "Why Turku?",
            "BeginOffsetMillis": 500,
            "EndOffsetMillis": 1500,
        },
        {
            "ParticipantRole": "CUSTOMER",
            "Content": "The port.",
            "BeginOffsetMillis": 2000,
            "EndOffsetMillis": 2600,
        },
    ],
}
GOOGLE_PYTHON = {  # as the library for Python writes it, of a batch
    "results": {
        "gs://bucket/a.wav": {
            "transcript": {
                "results": [
                    {
                        "language_code": "en-US",
                        "alternatives": [
                            {
                                "words": [
                                    {
                                        "word": "Why",
                                        "start_offset": "0.5s",
                                        "end_offset": "0.900s",
                                        "speaker_label": "1",
                                    },
                                    {
                                        "word": "Turku?",
                                        "start_offset": "1s",
                                        "end_offset": "1.5s",
                                        "speaker_label": "1",
                                    },
                                    {
                                        "word": "The",
                                        "start_offset": "2s",
                                        "end_offset": "2.2s",
                                        "speaker_label": "2",
                                    },
                                    {
                                        "word": "port.",
                                        "start_offset": "2.2s",
                                        "end_offset": "2.6s",
                                        "speaker_label": "2",
                                    },
                                ]
                            }
                        ],
                    }
                ]
            }
        }
    }
}


def turku(first: str, second: str) -> list[tuple[str, str, float | None, float | None]]:
    return [(first, "Why Turku?", 0.5, 1.5), (second, "The port.", 2.0, 2.6)]


CASES: dict[str, tuple[str, Any, list[tuple[str, str, float | None, float | None]]]] = {
    "aws": ("aws-transcribe", AWS, turku("spk_0", "spk_1")),
    "aws with labels on the words": (
        "aws-transcribe",
        [{**AWS_ITEMS[0], "speaker_label": "spk_0"}, {**AWS_ITEMS[3], "speaker_label": "spk_1"}],
        [("spk_0", "Why", 0.5, 0.9), ("spk_1", "The", 2.0, 2.2)],
    ),
    "google": ("google", GOOGLE, [("Speaker 1", "Why Turku?", 0.5, 1.5), ("Speaker 2", "The port.", 2, 3)]),
    "deepgram": ("deepgram", DEEPGRAM, turku("Speaker 0", "Speaker 1")),
    "assemblyai": ("assemblyai", ASSEMBLYAI, turku("Speaker A", "Speaker B")),
    "ibm": ("ibm", IBM, [("Speaker 0", "why Turku", 0.5, 1.5), ("Speaker 1", "the port", 2.0, 2.6)]),
    "speechmatics 1": ("speechmatics", SPEECHMATICS_1, turku("F1", "M2")),
    "speechmatics 2": ("speechmatics", SPEECHMATICS_2, turku("S1", "Unknown")),
    "trint": ("trint", TRINT, turku("Ann Lee", "Bo")),
    "kaldi": ("kaldi", KALDI, turku("S0", "S1")),
    "vosk": ("kaldi", VOSK, [("Unknown", "why turku", 0.5, 1.5), ("Unknown", "the port", 2.0, 2.6)]),
    "autoedit": ("autoedit", AUTOEDIT, turku("Ann", "Unknown")),
    "dpe": ("dpe", DPE, turku("Ann", "Unknown")),
    "podcast": ("podcast", PODCAST, turku("Ann", "Bo")),
    "elevenlabs": ("elevenlabs", ELEVENLABS, turku("speaker_0", "speaker_1")),
    "rev": ("rev", REV, turku("Speaker 0", "Bo")),
    "aws call analytics": ("aws-transcribe", CALL, turku("AGENT", "CUSTOMER")),
    "google from Python": ("google", GOOGLE_PYTHON, turku("Speaker 1", "Speaker 2")),
    "deepgram utterances": (
        "deepgram",
        {"results": {"utterances": UTTERANCES}},
        turku("Speaker 0", "Speaker 1"),
    ),
    "deepgram paragraphs": (
        "deepgram",
        {
            "results": {
                "channels": [{"alternatives": [{"words": [], "paragraphs": {"paragraphs": PARAGRAPHS}}]}]
            }
        },
        turku("Speaker 0", "Speaker 1"),
    ),
    "assemblyai sentences": (
        "assemblyai",
        {"id": "a", "sentences": ASSEMBLYAI["utterances"]},
        turku("Speaker A", "Speaker B"),
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_each_service_is_known_by_its_shape(tmp_path: Path, case: str) -> None:
    name, document, turns = CASES[case]
    transcript = read(tmp_path, document)
    assert transcript.format == name
    assert said(transcript) == turns


def test_languages(tmp_path: Path) -> None:
    languages = {case: read(tmp_path, document).language for case, (_, document, _) in CASES.items()}
    english = {case for case, language in languages.items() if language == "en"}
    assert english == {
        "aws", "aws call analytics", "google", "google from Python", "assemblyai", "speechmatics 1",
        "speechmatics 2",
    }  # fmt: skip


def test_without_speakers_sentences_are_turns(tmp_path: Path) -> None:
    plain = {"results": {"items": AWS_ITEMS}}
    assert [turn.text for turn in read(tmp_path, plain).turns] == ["Why Turku?", "The port."]
    flat = {"text": "x", "words": [{"text": "Why?", "start": 500, "end": 900}], "utterances": None}
    assert said(read(tmp_path, flat)) == [("Unknown", "Why?", 0.5, 0.9)]
    google = {"results": GOOGLE["results"][:2]}
    assert [turn.text for turn in read(tmp_path, google).turns] == ["Why Turku?", "The port."]


def test_sentences_of_a_turn_keep_their_times(tmp_path: Path) -> None:
    one = {
        "results": {
            "channels": [{"alternatives": [{"words": [{**w, "speaker": 0} for w in DEEPGRAM_WORDS]}]}]
        }
    }
    (turn,) = read(tmp_path, one).turns
    assert turn.meta["cues"] == ((11, 21, 0.5, 1.5), (22, 31, 2.0, 2.6))


def test_channels_are_speakers_in_the_order_of_time(tmp_path: Path) -> None:
    def channel(*words: dict[str, Any]) -> dict[str, Any]:
        return {"alternatives": [{"words": [{k: v for k, v in w.items() if k != "speaker"} for w in words]}]}

    both = {"results": {"channels": [channel(*DEEPGRAM_WORDS[2:]), channel(*DEEPGRAM_WORDS[:2])]}}
    assert said(read(tmp_path, both)) == turku("Channel 2", "Channel 1")
    channels = [
        {
            "channel_label": f"ch_{n}",
            "items": [{"start_time": item["start_time"], "end_time": item["end_time"]}],
        }
        for n, item in enumerate((AWS_ITEMS[0], AWS_ITEMS[3]))
    ]
    aws = {"results": {"items": [AWS_ITEMS[0], AWS_ITEMS[3]], "channel_labels": {"channels": channels}}}
    assert [turn.speaker for turn in read(tmp_path, aws).turns] == ["ch_0", "ch_1"]


def test_what_google_repeats_is_read_once(tmp_path: Path) -> None:
    growing = {
        "response": {
            "results": [
                {"alternatives": [{"words": [google_word("Why", 0.5, 1)]}]},
                {"alternatives": [{"words": [google_word("Why", 0.5, 1), google_word("Turku?", 1, 1)]}]},
            ]
        }
    }
    assert read(tmp_path, growing).text == "Speaker 1: Why Turku?"


def test_marks_of_speechmatics_stand_where_they_belong(tmp_path: Path) -> None:
    def mark(text: str, attached: str) -> dict[str, Any]:
        return {**speechmatics_2(text, 1, 1, "S1", "punctuation"), "attaches_to": attached}

    results = [
        mark("¿", "next"), speechmatics_2("Por", 1, 2, "S1"), speechmatics_2("qué", 2, 3, "S1"),
        mark("-", "both"), speechmatics_2("no", 3, 4, "S1"), mark("?", "previous"),
    ]  # fmt: skip
    assert read(tmp_path, {"results": results}).turns[0].text == "¿Por qué-no?"


def test_channels_of_speechmatics_are_speakers(tmp_path: Path) -> None:
    results = [
        {"type": "word", "channel": name, "start_time": start, "alternatives": [{"content": word}]}
        for name, word, start in (("a", "Why", 0), ("a", "so", 2), ("b", "Well", 1))
    ]
    assert [turn.speaker for turn in read(tmp_path, {"results": results}).turns] == ["a", "b", "a"]


def test_what_ibm_says_before_it_is_sure_is_read_once(tmp_path: Path) -> None:
    results = [
        {"final": final, "alternatives": [{"timestamps": [[word, 0.5, 0.9]]}]}
        for final, word in ((False, "wire"), (True, "why"))
    ]
    assert [turn.text for turn in read(tmp_path, {"results": results}).turns] == ["why"]


def test_words_of_openai_have_the_punctuation_of_the_text(tmp_path: Path) -> None:
    words = [{"word": word, "start": at, "end": at + 0.4} for at, word in enumerate(("Why", "Turku", "Well"))]
    plain = {"text": "Why Turku? Well.", "words": words}
    assert [turn.text for turn in read(tmp_path, plain).turns] == ["Why Turku?", "Well."]
    both = {**plain, "segments": [{"start": 0, "end": 3, "text": " Why Turku? Well."}]}
    assert [turn.text for turn in read(tmp_path, both).turns] == ["Why Turku? Well."]


def test_struck_out_words_are_counted(tmp_path: Path) -> None:
    assert "words that are struck through in Trint and were left out: 1" in read(tmp_path, TRINT).warnings


@pytest.mark.parametrize(
    "document",
    [
        {"results": {"items": [{"alternatives": [], "type": "pronunciation"}]}},
        {"results": [{"alternatives": [{"transcript": " "}]}]},
        {"segments": [{"body": ""}]},
        {"words": [{"word": 7, "start": "x"}]},
    ],
)
def test_nobody_says_anything(tmp_path: Path, document: Any) -> None:
    with pytest.raises(ReadError, match="nobody says anything"):
        read(tmp_path, document)


NASTY = [None, True, 7, -1.5, "x", "\ud83d", "9" * 400, [], {}, [None], [{}], {"a": 1}, [[1, 2]], 1e308]


def _variants(value: Any) -> list[Any]:
    """The document with each of its parts replaced by something else, one at a time."""
    if isinstance(value, dict):
        return [{**value, key: one} for key in value for one in [*NASTY, *_variants(value[key])]]
    if isinstance(value, list) and value:
        return [[*value[:1], one, *value[2:]] for one in NASTY] + [
            [one, *value[1:]] for one in _variants(value[0])
        ]
    return []


@pytest.mark.parametrize("case", CASES)
def test_no_shape_of_json_breaks_a_reader(tmp_path: Path, case: str) -> None:
    name, document, _ = CASES[case]
    path = tmp_path / "a.json"
    variants = _variants(document)
    for one in variants[:: max(1, len(variants) // 150)]:
        path.write_text(json.dumps(one), encoding="utf-8")
        for format in (None, name):
            try:
                transcript = read_transcript(path, format=format)
            except ReadError as error:
                assert "\n" not in str(error)  # noqa: PT017
                continue
            transcript.text.encode("utf-8")
            for turn in transcript.turns:
                assert transcript.text[turn.start_char : turn.end_char] == turn.text


def test_every_json_format_has_a_case() -> None:
    shaped = {name for name, reader in READERS.items() if reader.fits is not None}
    assert shaped == {name for name, _, _ in CASES.values()}


def texts(transcript: Transcript) -> list[tuple[str, str]]:
    return [(turn.speaker, turn.text) for turn in transcript.turns]


@pytest.mark.parametrize("repeated", [False, True])
def test_google_without_times_of_words(tmp_path: Path, repeated: bool) -> None:
    """Two results of one word list each; or the second one says again what the first one said."""
    first = [{"word": word, "speakerLabel": "1"} for word in ("Okay,", "Turku?")]
    second = [{"word": word, "speakerLabel": "2"} for word in ("Okay,", "the", "port.")]
    words = [first, first + second if repeated else second]
    document = {"results": [{"alternatives": [{"words": one}]} for one in words]}
    assert texts(read(tmp_path, document)) == [
        ("Speaker 1", "Okay, Turku?"), ("Speaker 2", "Okay, the port."),
    ]  # fmt: skip


def test_marks_stay_with_their_word_when_two_channels_talk_at_once(tmp_path: Path) -> None:
    def word(text: str, start: float, end: float, channel: str, kind: str = "word") -> dict[str, Any]:
        more = {"attaches_to": "previous"} if kind == "punctuation" else {}
        found = {"type": kind, "start_time": start, "end_time": end, "channel": channel, **more}
        return {**found, "alternatives": [{"content": text, "confidence": 1, "language": "en"}]}

    results = [
        word("Yes", 0.0, 1.0, "one"), word(".", 1.0, 1.0, "one", "punctuation"),
        word("So", 0.5, 0.9, "two"), word("we", 0.95, 1.1, "two"), word("left", 1.2, 1.5, "two"),
        word(".", 1.5, 1.5, "two", "punctuation"),
    ]  # fmt: skip
    document = {
        "format": "2.9",
        "job": {"id": "1"},
        "metadata": {"type": "transcription"},
        "results": results,
    }
    assert texts(read(tmp_path, document)) == [("one", "Yes."), ("two", "So we left.")]


def test_channels_of_amazon_are_told_by_the_items(tmp_path: Path) -> None:
    def item(text: str, start: str, channel: str) -> dict[str, Any]:
        return {**aws_item(text, start, str(float(start) + 0.4)), "channel_label": channel}

    items = [
        item("Yes", "0.0", "ch_0"), {**aws_item("."), "channel_label": "ch_0"},
        item("So", "0.5", "ch_1"), item("what", "1.0", "ch_1"), {**aws_item("?"), "channel_label": "ch_1"},
        item("Well", "2.0", "ch_0"), {**aws_item("."), "channel_label": "ch_0"},
    ]  # fmt: skip
    document = {"jobName": "j", "status": "COMPLETED", "results": {"transcripts": [], "items": items}}
    assert texts(read(tmp_path, document)) == [("ch_0", "Yes."), ("ch_1", "So what?"), ("ch_0", "Well.")]


def test_scripts_without_spaces_stay_without_them(tmp_path: Path) -> None:
    items = [aws_item(text, str(n), str(n + 0.5)) for n, text in enumerate(["你", "好", "吗"])]
    items.append(aws_item("？"))
    items += [aws_item(text, str(n), str(n + 0.5)) for n, text in enumerate(["OK", "thanks"], start=4)]
    document = {"jobName": "j", "status": "COMPLETED", "results": {"transcripts": [], "items": items}}
    assert " ".join(text for _, text in texts(read(tmp_path, document))) == "你好吗？ OK thanks"


@pytest.mark.parametrize(
    ("text", "words", "expected"),
    [
        ("It's a well-known fact. Isn't it? Yes, $5 more.", "It's a well known fact Isn't it Yes 5 more",
         ["It's a well-known fact.", "Isn't it?", "Yes, $5 more."]),
        ("“Oh”, she said - twice. Why?", "Oh she said twice Why", ["“Oh”, she said - twice.", "Why?"]),
        ("Another text. It is of other words.", "Oh she said twice Why", ["Oh she said twice Why"]),
    ],
)  # fmt: skip
def test_the_punctuation_of_openai_where_words_are_cut_otherwise(
    tmp_path: Path, text: str, words: str, expected: list[str]
) -> None:
    timed = [{"word": word, "start": n, "end": n + 1} for n, word in enumerate(words.split())]
    assert [said for _, said in texts(read(tmp_path, {"text": text, "words": timed}))] == expected
