"""How stable and coherent themes are, beside BERTopic's defaults: `bench_themes.py UTTERANCES`.

For each way of clustering: topics, share left in none, seconds, the most memory of the process so far,
adjusted Rand index over seeds and over resampled interviews (on statements that both place), npmi coherence
of the ten best words. With `--segments`, human topics (QMSum's `segments.jsonl`), homogeneity, purity and
adjusted mutual information of the placed statements; purity also with the unplaced counted as wrong.
"""

from __future__ import annotations

import argparse
import gzip
import itertools
import json
import resource
import time
import warnings
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from autocode.config import SegmentConfig, Settings
from autocode.pipeline import Coder
from autocode.read import read_transcripts
from autocode.themes.communities import ConsensusCommunities
from autocode.themes.find import MOST
from autocode.themes.theme import MIN_WORDS
from autocode.themes.topics import find_topics
from autocode.themes.words import said_in_several, talk_words, telling_words

Cluster = Callable[[np.ndarray, Sequence[Sequence[str]], int], tuple[np.ndarray, list[tuple[str, ...]]]]


def ours(most: int, n_runs: int | None = None) -> Cluster:
    """Consensus communities, at most so many."""

    def run(x: np.ndarray, words: Sequence[Sequence[str]], seed: int) -> Any:
        return find_topics(x, words, ConsensusCommunities(most=most, n_runs=n_runs, seed=seed))

    return run


def defaults(x: np.ndarray, words: Sequence[Sequence[str]], seed: int) -> Any:
    """BERTopic as it comes: UMAP to five dimensions, HDBSCAN of ten statements and more; our words."""
    from bertopic import BERTopic
    from sklearn.feature_extraction.text import CountVectorizer
    from umap import UMAP

    model = BERTopic(
        language="multilingual",
        umap_model=UMAP(n_neighbors=15, n_components=5, min_dist=0.0, metric="cosine", random_state=seed),
        vectorizer_model=CountVectorizer(tokenizer=str.split, token_pattern=None, lowercase=False),
    )
    topics, _ = model.fit_transform([" ".join(own) for own in words], x)
    return np.array(topics), [
        tuple(word for word, _ in model.get_topic(topic)) for topic in sorted(set(topics) - {-1})
    ]


def kmeans(x: np.ndarray, words: Sequence[Sequence[str]], seed: int) -> Any:
    """Forty clusters by k-means on the same principal components."""
    from sklearn.cluster import KMeans

    class Clusters(ConsensusCommunities):
        def fit(self, X: np.ndarray, y: object = None) -> Clusters:  # noqa: N803
            """Cluster."""
            self.labels_ = KMeans(self.most, n_init=4, random_state=self.seed).fit_predict(X)
            return self

    return find_topics(x, words, Clusters(most=40, seed=seed))


def npmi(named: Sequence[Sequence[str]], words: Sequence[Sequence[str]]) -> float:
    """Mean normalised pointwise mutual information of a topic's words within statements."""
    wanted = {word for own in named for word in own}
    alone, pairs = Counter[str](), Counter[tuple[str, str]]()
    for own in words:
        kept = sorted(set(own) & wanted)
        alone.update(kept)
        pairs.update(itertools.combinations(kept, 2))
    n, values = len(words), []
    for own in named:
        found = []
        for a, b in itertools.combinations(sorted(own), 2):
            both = pairs[a, b] / n
            expected = alone[a] * alone[b] / n**2
            found.append(np.log(both / expected) / -np.log(both) if both else -1.0)
        values.append(np.mean(found) if found else 0.0)
    return float(np.mean(values))


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("utterances", type=Path)
    parser.add_argument("--segments", type=Path)
    parser.add_argument("--unit", default="sentence")
    parser.add_argument("--every", type=int, default=1, help="take every so many-th interview")
    parser.add_argument("--most", type=int, default=10**9, help="take so many statements")
    parser.add_argument("--copies", type=int, default=1, help="as often, each with a little noise: for time")
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--resamples", type=int, default=3)
    parser.add_argument("--only", nargs="*", default=["few", "some", "many", "defaults", "kmeans", "single"])
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    coder = Coder("knowledge_dynamics", settings=Settings(segment=SegmentConfig(unit=options.unit)))
    transcripts = list(read_transcripts(options.utterances))[:: options.every]
    said = [u for one in transcripts for u in coder.segment(one) if u.codable]
    said = [u for u in said if len(u.text.split()) >= MIN_WORDS][: options.most]
    texts, interviews = [u.text for u in said], np.array([u.transcript_id for u in said])
    x = coder.embedder.embed([coder.segmenter.clean(text) for text in texts])
    started = time.perf_counter()
    left_out = talk_words(coder.segmenter, {u.speaker for u in said})
    words = said_in_several(telling_words(coder.segmenter, texts, left_out), interviews.tolist())
    seconds = time.perf_counter() - started
    print(f"{len(said)} statements, {len(set(interviews))} interviews; words {seconds:.1f} s")
    if options.copies > 1:
        noise = np.random.default_rng(0).normal(0, 0.02, (options.copies, *x.shape)).astype(np.float32)
        x = (x + noise).reshape(-1, x.shape[1])
        x /= np.linalg.norm(x, axis=1, keepdims=True)
        words, interviews = words * options.copies, np.tile(interviews, options.copies)
    ways: dict[str, Cluster] = {name: ours(most) for name, most in MOST.items()}
    ways |= {"defaults": defaults, "kmeans": kmeans, "single": ours(40, n_runs=1)}
    human = human_topics(options.segments, said) if options.segments else None
    generator = np.random.default_rng(0)
    groups = np.unique(interviews)
    kept = [
        np.flatnonzero(np.isin(interviews, generator.choice(groups, round(0.8 * len(groups)), replace=False)))
        for _ in range(options.resamples)
    ]
    for name in options.only:
        print(
            f"{name:9}", measure(ways[name], x, words, kept, n_seeds=options.seeds, human=human), flush=True
        )


def measure(way: Cluster, x: Any, words: Any, kept: Any, *, n_seeds: int, human: Any) -> str:
    """One line on a way of clustering."""
    from sklearn.metrics import adjusted_rand_score

    started = time.perf_counter()
    first, named = way(x, words, 0)
    seconds = time.perf_counter() - started
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    others = [way(x, words, seed)[0] for seed in range(1, n_seeds)]
    fewer = [way(x[rows], [words[row] for row in rows], 100 + n)[0] for n, rows in enumerate(kept)]

    def ari(a: Any, b: Any) -> float:
        both = (a >= 0) & (b >= 0)
        return float(adjusted_rand_score(a[both], b[both]))

    pairs = [ari(a, b) for a, b in itertools.combinations([first, *others], 2)]
    resampled = [ari(first[rows], other) for rows, other in zip(kept, fewer, strict=True)]
    told = [f"{len(named)} topics, {np.mean(first < 0):.0%} in none, {seconds:.1f} s, {memory:.0f} MB"]
    told += [f"ARI over seeds {np.mean(pairs):.3f}"] if pairs else []
    told += [f"over interviews {np.mean(resampled):.3f}"] if resampled else []
    told.append(f"npmi {npmi(named, words):.3f}")
    if human is not None:
        told.append(beside_people(first, human))
    return ", ".join(told)


def beside_people(topics: Any, human: Any) -> str:
    """How well `topics` follow the human ones."""
    from sklearn.metrics import adjusted_mutual_info_score, homogeneity_score
    from sklearn.metrics.cluster import contingency_matrix

    both = (topics >= 0) & (human >= 0)
    ours, theirs = topics[both], human[both]
    right = contingency_matrix(theirs, ours).max(axis=0).sum()
    return (
        f"homogeneity {homogeneity_score(theirs, ours):.3f}, purity {right / both.sum():.3f} "
        f"({right / (human >= 0).sum():.3f} of all), "
        f"AMI with people {adjusted_mutual_info_score(theirs, ours):.3f}"
    )


def human_topics(path: Path, said: Any) -> Any:
    """The number of the human topic that each statement lies in, -1 for none."""
    with (gzip.open if path.suffix == ".gz" else open)(path, "rt", encoding="utf-8") as file:
        rows = [json.loads(line) for line in file]
    number = {}
    for n, row in enumerate(rows):
        for first, last in row["spans"]:
            for turn in range(first, last + 1):
                number.setdefault((row["transcript_id"], turn), n)
    return np.array([number.get((u.transcript_id, u.turn_index), -1) for u in said])


if __name__ == "__main__":
    main()
