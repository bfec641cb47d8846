"""Reading what stands on the right of an operator: values, lists, ranges, and the habits of other languages."""

from __future__ import annotations

from mendline.query.building import within
from mendline.query.cursor import Cursor
from mendline.query.faults import Edit
from mendline.query.fields import is_flag
from mendline.query.spelling import KEYWORDS, escaped
from mendline.query.syntax import Compare, Glob, Node, Number, OneOf, Relation, Text
from mendline.query.tokens import Kind, Token
from mendline.query.units import find_unit, unit_word

COMPARING = (":", "=", "!=", ">", ">=", "<", "<=", "~", "!~")


class ValueReader(Cursor):
    """The part of the parser that reads values."""

    # -- numbers ---------------------------------------------------------------------------------------------

    def number(self, token: Token) -> Number:
        """A number, with its unit where that stands apart (`5 minutes`)."""
        following = self.peek()
        if (
            following.kind is not Kind.WORD
            or unit_word(token.text)
            or not token.text[-1].isdecimal()
            or following.word == "to"
        ):
            return Number(token.text, at=token.at)
        unit = find_unit(following.text)
        if unit is not None and not self._begins_a_term(following):
            self.take()
            joined = f"${token.text}" if unit.symbol == "$" else token.text + unit.symbol
            return Number(joined, at=token.at.to(following.at))
        if following.blank and self._is_plain_word(following):
            self.fail(
                following,
                "a unit, or the end of the term",
                (Edit(following.start, following.end, f'"{following.text}"'),),
                advice=f"'{following.text}' is no unit (units are ms s m h d, KB MB GB, %, $)."
                " To search for the word, quote it.",
            )
        return Number(token.text, at=token.at)

    def _is_plain_word(self, token: Token) -> bool:
        """Whether a word can only be text, or a unit with a mistake in it."""
        if token.word in KEYWORDS or token.word in ("usual", "x", "times", "of", "asc", "desc", "not", "every"):
            return False
        return not is_flag(token.text) and not self._begins_a_term(token)

    def _begins_a_term(self, token: Token) -> bool:
        """Whether a word has an operator or an opening bracket behind it."""
        after = self.peek_after(token)
        words = ("in", "like", "contains", "is", "not-in", "outside")
        return after.is_mark(*COMPARING) or after.word in words or (after.is_mark("(") and not after.blank)

    def duration(self, why: str) -> Number:
        """A number with a unit of time: `10m`, `5 minutes`."""
        token = self.take()
        if token.kind is Kind.WORD and find_unit(token.text):  # `every minute`
            return Number(f"1{find_unit(token.text).symbol}", at=token.at)  # type: ignore[union-attr]
        if token.kind is not Kind.NUMBER:
            self.fail(token, f"a duration such as 10m {why}")
        number = self.number(token)
        if number.text[-1].isdecimal():
            self.fail(
                token,
                f"a duration with its unit {why}",
                (Edit(token.end, token.end, "m"),),
                advice=f"{token.text} of what? Write {token.text}s, {token.text}m, {token.text}h or {token.text}d.",
            )
        return number

    # -- values ----------------------------------------------------------------------------------------------

    def is_value(self) -> bool:
        """Whether a value stands next."""
        token = self.peek(value=True)
        return token.kind in (Kind.WORD, Kind.NUMBER, Kind.STRING, Kind.GLOB) and not self._is_loose_keyword(token)

    def _is_loose_keyword(self, token: Token) -> bool:
        return token.blank and token.word in KEYWORDS

    def value(self, why: str) -> Node:
        """One value: a text, a number or a pattern."""
        token = self.peek(value=True)
        if not self.is_value():
            advice = f'To look for the word, quote it: "{token.text}".' if token.kind is Kind.WORD else ""
            edits = (Edit(token.start, token.end, f'"{token.text}"'),) if token.kind is Kind.WORD else ()
            self.fail(token, f"a value {why}", edits, advice=advice)
        self.take(value=True)
        if token.kind is Kind.NUMBER:
            return self.number(token)
        return Glob(token.text, at=token.at) if token.kind is Kind.GLOB else Text(token.text, at=token.at)

    def values(self, closing: str, *, words: tuple[str, ...] = ()) -> tuple[Node, ...]:
        """Values parted by commas (or by `words`, or by blanks where these are given) up to a closing bracket."""
        found = [self.value("in the list")]
        while not self._accept(closing):
            parted = self._accept(",") or (bool(words) and self._accept("||", *words))
            if not parted and not (words and self.is_value()):
                missing = "," if self.is_value() else closing
                self.fail(self.peek(value=True), f"a comma or '{closing}'", self._inserted(missing))
            if parted and self._accept(closing):  # a comma too many at the end
                break
            found.append(self.value("in the list"))
        return tuple(found)

    def _accept(self, *marks: str) -> bool:
        """Past the next token if it is one of these marks or words, where values stand."""
        token = self.peek(value=True)
        found = token.is_mark(*marks) or token.word in marks
        if found:
            self.take(value=True)
        return found

    def one_of(self, left: Node, *, negated: bool = False) -> Node:
        """What follows `in`: a list in brackets, or as Thundra has it, without."""
        token = self.peek(value=True)
        if token.is_mark("(", "["):
            self.take(value=True)
            found = self.values(")" if token.text == "(" else "]")
        else:
            found = self._loose_values()
        return OneOf(left, found, negated, at=left.at.to(found[-1].at))

    def _loose_values(self) -> tuple[Node, ...]:
        found = [self.value("after 'in'")]
        while not self.in_call and self.accept_mark(","):
            found.append(self.value("after the comma"))
        return tuple(found)

    def equal_to(self, left: Node, relation: Relation, first: Node) -> Node:
        """`field = a`, and `field = a, b` outside of the brackets of a function."""
        found = [first]
        while not self.in_call and self.peek().is_mark(",") and isinstance(first, (Text, Number, Glob)):
            self.take()
            found.append(self.value("after the comma"))
        at = left.at.to(found[-1].at)
        if len(found) > 1:
            return OneOf(left, tuple(found), relation is Relation.UNEQUAL, at=at)
        return Compare(left, relation, first, at=at)

    def range_or_group(self, left: Node) -> Node | None:
        """`field:(a or b)` and `field:[1 TO 5]`, as search engines have it; None where neither stands."""
        token = self.peek(value=True)
        if token.is_mark("("):
            self.take(value=True)
            values = self.values(")", words=("or",))
            return (
                Compare(left, Relation.EQUAL, values[0], at=left.at)
                if len(values) == 1
                else OneOf(left, values, at=left.at)
            )
        if token.is_mark("["):
            self.take(value=True)
            least = self.value("where the range begins")
            self.expect_word("to", "between the borders of a range")
            most = self.value("where the range ends")
            self.expect_mark("]", "after a range")
            return within(left, least, most)
        return None

    def like(self, left: Node) -> Node:
        """SQL's patterns: `%` and `_`."""
        token = self.take(value=True)
        if token.kind not in (Kind.STRING, Kind.WORD, Kind.GLOB):
            self.fail(token, "a quoted pattern after 'like'")
        at = left.at.to(token.at)
        if token.kind is Kind.GLOB:
            return Compare(left, Relation.EQUAL, Glob(token.text), at=at)
        pattern = escaped(token.text).replace("%", "*").replace("_", "?")
        value = Glob(pattern) if "%" in token.text or "_" in token.text else Text(token.text)
        return Compare(left, Relation.EQUAL, value, at=at)

    def containing(self, left: Node) -> Node:
        """`field contains text`."""
        token = self.take(value=True)
        if token.kind not in (Kind.STRING, Kind.WORD, Kind.NUMBER):
            self.fail(token, "a text after 'contains'")
        return Compare(left, Relation.EQUAL, Glob(f"*{escaped(token.text)}*"), at=left.at.to(token.at))
