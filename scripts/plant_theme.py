"""Is a planted theme first on the list? Thirty invented statements on office dogs in four demo interviews."""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path

import numpy as np

import autocode.demo
from autocode.config import Settings
from autocode.pipeline import CodedTranscript, Coder
from autocode.read import read_transcripts
from autocode.records import Transcript, Turn
from autocode.themes import find_themes

DOGS = """\
Two colleagues bring their dogs to the office every morning.
The dogs sleep under the desks while everybody works.
My dog barks when the postman comes into the office.
We made a rule that dogs must be on a leash in the corridor.
One of the dogs ate a whole sandwich from the desk.
Walking the dog at lunch gives me a break from the office.
Some colleagues are allergic to dogs, so one floor is without dogs.
The puppy that my neighbour brings is everybody's favourite dog.
A bowl of water for the dogs stands beside the printer.
The dog helps me to calm down after a long meeting.
There are four dogs now and a waiting list for more dogs.
We even had a birthday cake for the oldest office dog.
The old labrador lies by the door and greets everyone who comes in.
I never liked dogs before, but this one sits beside my chair all day.
We had to buy a new carpet because the puppy was not house-trained.
When the terrier is in the room nobody shouts at each other.
Cleaning up dog hair is the one thing that people complain about.
The vet is just around the corner, which is handy with three dogs here.
On Fridays somebody brings dog biscuits along with the bread rolls.
The landlord did not want any dogs in the building at first.
My poodle has its own basket next to the coffee machine.
During video calls you can usually hear a dog snoring.
A colleague is afraid of big dogs, so the shepherd stays at home.
We take turns walking the dogs around the block in the afternoon.
The dog once chewed through the cable of my computer.
New people ask in the interview whether they may bring their dog.
Her dog knows exactly which drawer holds the treats.
Having a dog under the table makes the lunch room friendlier.
The leash hangs beside the coats so that anyone can take the dog out.
We lost the office dog last spring and everybody was sad for weeks.
""".splitlines()


def main() -> None:
    """Print the place of the planted theme for each seed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--runs", type=int, default=5)
    options = parser.parse_args()
    folder = Path(autocode.demo.__file__).parent / "transcripts"
    transcripts = [one for path in sorted(folder.iterdir()) for one in read_transcripts(path)]
    coder = Coder("knowledge_dynamics", guide="knowledge_dynamics")
    plain = [coder.code(one) for one in transcripts]
    with_dogs = [*plain]
    for number, place in enumerate(range(0, 8, 2)):
        with_dogs[place] = joined(plain[place], coder.code(planted(transcripts[place], DOGS[number::4])))
    first, flagged = 0, 0
    for seed in range(options.seeds):
        coder.settings = Settings(seed=seed)
        found = find_themes(coder, with_dogs, n_runs=options.runs)
        place = next((n for n, one in enumerate(found.themes, 1) if "dog" in one.words[:3]), None)
        top = found.themes[0]
        first += place == 1 and top.emergent
        without = find_themes(coder, plain, n_runs=options.runs)
        flagged += any("dog" in one.words for one in without.emergent)
        told = f"{top.n_statements} statements, covered {top.coverage:.2f}, found again {top.stability:.2f}"
        print(f"seed {seed}: place {place}; first: {top.label}, {told}", flush=True)
    print(f"first in {first} of {options.seeds}; without the statements flagged in {flagged}")


def planted(transcript: Transcript, texts: list[str]) -> Transcript:
    """A transcript of its own with these statements by a respondent of `transcript`."""
    speaker = next(name for name, role in transcript.speakers.items() if role == "respondent")
    turns, start = [], 0
    for index, text in enumerate(texts):
        turns.append(Turn(index, speaker, "respondent", text, start, start + len(text)))
        start += len(text) + 1
    return replace(transcript, text="\n".join(texts), turns=tuple(turns), has_units=False)


def joined(a: CodedTranscript, b: CodedTranscript) -> CodedTranscript:
    """The coding of `a` and, under other ids, of `b`."""
    name = {one.id: f"{one.id}-planted" for one in b.utterances}
    return replace(
        a,
        utterances=a.utterances + tuple(replace(one, id=name[one.id]) for one in b.utterances),
        scores=np.vstack([a.scores, b.scores]),
        suggestions={**a.suggestions, **{name[unit]: found for unit, found in b.suggestions.items()}},
    )


if __name__ == "__main__":
    main()
