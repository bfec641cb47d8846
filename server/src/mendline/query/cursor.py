"""Where the parser stands in a text: looking at tokens, taking them, and saying what was expected instead."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import NoReturn

from mendline.errors import QuerySyntaxError, QueryTextError, QueryTooLargeError
from mendline.query.faults import HERE, Edit, clipped, fault
from mendline.query.lexer import Lexer
from mendline.query.syntax import Span
from mendline.query.tokens import Kind, Token

MOST_CHARACTERS = 4000
MOST_DEPTH = 40
MOST_OPERATORS = 64


class Cursor:
    """A place in a text. `in_call`: within the brackets of a function, where a comma parts arguments."""

    def __init__(self, text: str) -> None:
        self.text = text
        if len(text) > MOST_CHARACTERS:
            raise fault(
                QueryTooLargeError,
                text[: MOST_CHARACTERS + 1],
                Span(MOST_CHARACTERS, MOST_CHARACTERS + 1),
                f"The query goes on{HERE}: it has {len(text):,} characters, and may have {MOST_CHARACTERS:,}",
                "A long list of values may be a glob or a regular expression: function ~ /^(a|b)/.",
            )
        self._refuse_hostile()
        self._lexer = Lexer(text)
        self._position = 0
        self._depth = 0
        self._operators = 0
        self._seen: dict[tuple[int, bool], Token] = {}
        self.in_call = False

    def _refuse_hostile(self) -> None:
        """No text holds a NUL, which stores cut at, or half of a surrogate pair, which is no text at all."""
        hostile = next(
            (at for at, letter in enumerate(self.text) if letter == "\0" or "\ud800" <= letter <= "\udfff"), None
        )
        if hostile is not None:
            at = Span(hostile, hostile + 1)
            raise fault(
                QuerySyntaxError,
                self.text,
                at,
                "There is a character that no text can hold",
                "Take it out.",
                edits=[Edit(hostile, hostile + 1, "")],
            )

    # -- looking and taking ----------------------------------------------------------------------------------

    def peek(self, *, value: bool = False) -> Token:
        """The next token; `value` where a value is due."""
        at = (self._position, value)
        if at not in self._seen:
            self._seen[at] = self._lexer.token(self._position, value=value)
        return self._seen[at]

    def peek_after(self, token: Token) -> Token:
        """The token behind one that has not been taken yet."""
        at = (token.end, False)
        if at not in self._seen:
            self._seen[at] = self._lexer.token(token.end, value=False)
        return self._seen[at]

    def take(self, *, value: bool = False) -> Token:
        """The next token, and past it."""
        token = self.peek(value=value)
        self._position = token.end
        return token

    def take_regex(self) -> Token:
        """The regular expression that is due, and past it."""
        token = self._lexer.regex(self._position)
        self._position = token.end
        return token

    def go_back(self, token: Token) -> None:
        """To before a token that was taken."""
        self._position = token.start

    def accept_mark(self, *marks: str) -> Token | None:
        """The next token if it is one of these marks."""
        return self.take() if self.peek().is_mark(*marks) else None

    def accept_word(self, *words: str) -> Token | None:
        """The next token if it is one of these words, in any case."""
        return self.take() if self.peek().word in words else None

    def expect_mark(self, mark: str, why: str) -> Token:
        """The next token, which must be this mark."""
        return self.accept_mark(mark) or self.fail(self.peek(), f"'{mark}' {why}", self._inserted(mark))

    def expect_word(self, word: str, why: str) -> Token:
        """The next token, which must be this word."""
        return self.accept_word(word) or self.fail(self.peek(), f"'{word}' {why}", self._inserted(f" {word} "))

    def _inserted(self, text: str) -> tuple[Edit, ...]:
        return (Edit(self._position, self._position, text),)

    # -- bounds ----------------------------------------------------------------------------------------------

    @contextmanager
    def nested(self, token: Token) -> Iterator[None]:
        """One level deeper."""
        self._depth += 1
        if self._depth > MOST_DEPTH:
            raise fault(
                QueryTooLargeError,
                self.text,
                token.at,
                f"What stands{HERE} is nested more than {MOST_DEPTH} levels deep",
                "Take out brackets that change nothing.",
            )
        yield
        self._depth -= 1

    def count_operator(self, token: Token) -> None:
        """One more of + - * /."""
        self._operators += 1
        if self._operators > MOST_OPERATORS:
            raise fault(
                QueryTooLargeError,
                self.text,
                token.at,
                f"The operator{HERE} is one too many: a query computes with {MOST_OPERATORS}",
                "Compute less in one query.",
            )

    # -- failing ---------------------------------------------------------------------------------------------

    def fail(
        self,
        token: Token,
        expected: str,
        edits: tuple[Edit, ...] = (),
        *,
        kind: type[QueryTextError] = QuerySyntaxError,
        advice: str = "",
    ) -> NoReturn:
        """Raises: something else was expected where a token stands."""
        end = token.kind is Kind.END
        found = "the query ends" if end else f"{clipped(self.text[token.start : token.end])} stands"
        what = f"Expected {expected}, but {found}"
        raise fault(kind, self.text, token.at, what, advice, expected=expected, edits=edits)
