"""Whether a search is one of somebody in danger: by words and phrases, and by their near spellings.

The words that ship with the site (content/crisis_words.toml) count always, those of the desk as
well while the database answers. A match shows people to talk to; it is kept nowhere and says
nothing about the reader.
"""

from collections.abc import Collection, Iterable

from prose.spelling import NearWords, distance, tokens

MOST = 50  # words of a search that are looked at
TWO_FROM = 9  # letters from which two slips are near: "overdue" is two slips from "overdose", "silence" from "violence"
KINDS = ("suicide", "violence", "other")  # in the order in which their panels stand


class CrisisWords:
    """The phrases, made ready to be looked for.

    A search costs as much as it has words, however many phrases there are.
    """

    def __init__(self, phrases: Iterable[tuple[str, str]]) -> None:
        self._starting: dict[str, list[tuple[tuple[str, ...], str]]] = {}
        self._joined: dict[str, str] = {}
        for phrase, kind in phrases:
            words = tuple(tokens(phrase))
            if words:
                self._starting.setdefault(words[0], []).append((words, kind))
                self._joined.setdefault("".join(words), kind)
        every = {
            word for started in self._starting.values() for words, _ in started for word in words
        }
        self._every = every
        self._near = NearWords(every, TWO_FROM)
        self._near_joined = NearWords(self._joined, TWO_FROM)
        self._short = sorted(word for word in every if len(word) == 4)

    def kinds(self, query: str, known: Collection[str] = ()) -> list[str]:
        """Return what kinds of danger `query` names.

        A word that is `known` is what it says, and no slip for another.
        """
        typed = tokens(query)[:MOST]
        results = self._run_together(typed, known)
        meant = [self._meant(word, known) for word in typed]
        for index, words in enumerate(meant):
            for word in words:
                for phrase, kind in self._starting.get(word, ()):
                    if self._stands(phrase, meant[index : index + len(phrase)]):
                        results.add(kind)
        return [kind for kind in KINDS if kind in results]

    def _meant(self, word: str, known: Collection[str]) -> dict[str, bool]:
        """Return the words of phrases that `word` may stand for, and of each whether that is sure."""
        if word in self._every:
            return {word: True}
        if word in known:
            return {}
        short = {
            other: False
            for other in self._short
            if other[0] == word[0] and distance(word, other, 1) is not None
        }
        return short | dict.fromkeys(self._near.near(word), True)

    @staticmethod
    def _stands(phrase: tuple[str, ...], meant: list[dict[str, bool]]) -> bool:
        """Whether the phrase stands there.

        A slip in a short word counts beside a long word alone (kil myself).
        """
        if len(meant) < len(phrase) or not all(
            word in words for word, words in zip(phrase, meant, strict=True)
        ):
            return False
        is_sure = all(words[word] for word, words in zip(phrase, meant, strict=True))
        return is_sure or any(len(word) >= 5 for word in phrase)

    def _run_together(self, typed: list[str], known: Collection[str]) -> set[str]:
        """Return the kinds of phrases that were written with other spaces, or with none.

        Killmyself, sui cide.
        """
        results = set()
        for index in range(len(typed)):
            for size in range(1, 8):
                if kind := self._joined.get("".join(typed[index : index + size])):
                    results.add(kind)
            if typed[index] not in known:
                results |= {
                    self._joined[other] for other in self._near_joined.near(typed[index])[:1]
                }
        return results
