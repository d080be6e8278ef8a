"""Lower-case dictionary forms of words, looked up once each."""

from __future__ import annotations

from collections.abc import Callable

# autocode's language codes that simplemma names otherwise
_SIMPLEMMA = {"no": "nb", "hr": "hbs", "sr": "hbs", "bs": "hbs", "tl": "tl"}


class Lemmatizer:
    """Dictionary forms from simplemma's tables, or the lower-case form where a language has none.

    The table of a language is read at its first word (0.1 s for English, 3 s for Finnish).
    """

    def __init__(self, language: str) -> None:
        self._language = _SIMPLEMMA.get(language, language)
        self._known: dict[str, str] = {}
        self._has_table: bool | None = None

    def __call__(self, word: str) -> str:
        """The lemma of `word`, lower-case; never empty unless `word` is."""
        lemma = self._known.get(word)
        if lemma is None:
            lemma = self._known[word] = self._look_up(word)
        return lemma

    def _look_up(self, word: str) -> str:
        import simplemma

        if self._has_table is False or not word:
            return word.lower()
        try:
            lemma: str = simplemma.lemmatize(word, lang=self._language)
        except ValueError:  # a language that simplemma has no table for
            self._has_table = False
            return word.lower()
        self._has_table = True
        return lemma.lower() or word.lower()


def dictionary(language: str) -> Callable[[str], bool]:
    """Whether simplemma's table of a language has a word, names included; never where there is no table."""
    import simplemma

    code = _SIMPLEMMA.get(language, language)

    def knows(word: str) -> bool:
        try:
            return bool(simplemma.is_known(word, lang=code))
        except ValueError:  # a language that simplemma has no table for
            return False

    return knows
