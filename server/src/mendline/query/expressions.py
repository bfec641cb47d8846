"""The parser of expressions and conditions: recursive descent over levels, from `or` down to a single value.

What holds together more tightly: `or`, `and` (also implicit), `not`, comparisons, `+ -`, `* /`.
"""

from __future__ import annotations

import re
from typing import NoReturn

from mendline.errors import OtherLanguageError
from mendline.query.building import inverted, joined, product, within
from mendline.query.faults import Edit
from mendline.query.fields import is_flag
from mendline.query.functions import OTHERS, find_aggregate, spelled
from mendline.query.regex import check_regex, unslashed
from mendline.query.spelling import KEYWORDS, is_bare_name
from mendline.query.syntax import (
    And,
    Arithmetic,
    Attribute,
    Call,
    Compare,
    Matches,
    Name,
    Node,
    Not,
    Number,
    OneOf,
    Or,
    Outside,
    Phrase,
    Relation,
    Text,
    Usual,
)
from mendline.query.tokens import Kind, Token
from mendline.query.values import ValueReader

_RELATIONS = {
    ":": Relation.EQUAL, "=": Relation.EQUAL, "!=": Relation.UNEQUAL, ">": Relation.MORE, ">=": Relation.LEAST,
    "<": Relation.LESS, "<=": Relation.MOST,
}  # fmt: skip
_TURNED = {
    Relation.MORE: Relation.LESS, Relation.LEAST: Relation.MOST, Relation.LESS: Relation.MORE,
    Relation.MOST: Relation.LEAST,
}  # fmt: skip
_DANGLING = re.compile(
    r"\s*(?:\b(?:and|or|not)|&&|\|\||!|\|)\s*\Z", re.IGNORECASE
)  # an operator with nothing behind it
_ENDS = KEYWORDS - {"not", "and", "or"}


class ExpressionReader(ValueReader):
    """The part of the parser that reads conditions and what they compare."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.bracket_window: Number | None = None  # `[5m]`, as PromQL writes it

    # -- conditions ------------------------------------------------------------------------------------------

    def condition(self) -> Node:
        """Terms with `or` between them."""
        terms = [self._and()]
        while self.accept_word("or") or self.accept_mark("||"):
            terms.append(self._and())
        return joined(Or, terms)

    def _and(self) -> Node:
        terms = [self._not()]
        while self.accept_word("and") or self.accept_mark("&&") or self._starts_term(self.peek()):
            terms.append(self._not())
        return joined(And, terms)

    def _starts_term(self, token: Token) -> bool:
        if token.kind is Kind.MARK:
            loose = token.blank and not self._blank_behind(token)
            return token.text in ("(", "!", "{") or (token.text in "+-" and loose)
        ends = token.kind is Kind.END or token.word in _ENDS or token.word == "or"
        return not ends and not self.begins_columns(token)

    def begins_columns(self, token: Token) -> bool:
        """Whether columns begin here, without a pipe before them (mendline.query.parser)."""
        raise NotImplementedError

    def _blank_behind(self, token: Token) -> bool:
        return token.end >= len(self.text) or self.text[token.end].isspace()

    def _not(self) -> Node:
        token = self.peek()
        if token.word == "not" or token.is_mark("!", "-"):
            self.take()
            with self.nested(token):
                term = self._not()
            return Not(term, at=token.at.to(term.at))
        self.accept_mark("+")  # a search engine's "must"
        return self._term()

    def _term(self) -> Node:
        left = self.sum()
        token = self.peek()
        negated = token.word == "not"
        if token.is_mark("~", "!~"):
            return self._matches(left)
        if token.kind is Kind.MARK and token.text in _RELATIONS:
            return self._compare(left)
        if token.word in ("in", "not-in"):
            self.take()
            return self.one_of(left, negated=token.word == "not-in")
        if negated:
            return self._negated(left, token)
        return self._habit(left, token) or left

    def _negated(self, left: Node, token: Token) -> Node:
        """`x not in (…)`, `x not like …`, and Thundra's `x NOT value`; else a new term begins."""
        after = self.peek_after(token)
        if after.word in ("in", "like", "contains"):
            self.take()
            self.take()
            found = {"in": self.one_of, "like": self.like, "contains": self.containing}[after.word](left)
            return OneOf(left, found.values, negated=True, at=found.at) if isinstance(found, OneOf) else inverted(found)
        if isinstance(left, (Name, Attribute)) and not is_flag(str(left)):
            self.take()
            return self.equal_to(left, Relation.UNEQUAL, self.value(f"after '{left} {token.text}'"))
        return left

    def _habit(self, left: Node, token: Token) -> Node | None:
        if token.word == "like":
            self.take()
            return self.like(left)
        if token.word == "contains":
            self.take()
            return self.containing(left)
        if token.word == "outside" or (token.word == "is" and self.peek_after(token).word == "outside"):
            return self._outside(left)
        if token.word == "is":
            return self._is(left)
        if (
            token.word == "between"
            and not (isinstance(left, Name) and is_flag(left.name))
            and not isinstance(left, Phrase)
        ):
            self.take()
            least = self.sum()
            self.expect_word("and", "between two values")
            return within(left, least, self.sum())
        return None

    def _outside(self, left: Node) -> Node:
        self.accept_word("is")
        self.expect_word("outside", "")
        self.accept_word("of")
        end = self.expect_word("usual", "after 'outside'")
        return Outside(left, at=left.at.to(end.at))

    def _is(self, left: Node) -> Node:
        """SQL's `is null`, `is not null`, `is true`."""
        self.take()
        negated = self.accept_word("not") is not None
        word = self.take()
        if word.word in ("null", "none", "missing", "empty"):
            found: Node = Call("exists", (left,), at=left.at.to(word.at))
            return found if negated else Not(found, at=found.at)
        if word.word in ("true", "false"):
            return Not(left, at=left.at) if (word.word == "false") != negated else left
        return self.fail(word, "'null' or 'not null' after 'is'")

    # -- comparisons -----------------------------------------------------------------------------------------

    def _matches(self, left: Node) -> Node:
        negated = self.take().text == "!~"
        token = self.take_regex()
        if token.kind is not Kind.STRING:
            self.fail(token, "a regular expression between slashes, ~ /time.*out/", self._slashed(token))
        pattern = unslashed(token.text)
        check_regex(pattern, self.text, token.at)
        return Matches(left, pattern, negated, at=left.at.to(token.at))

    def _slashed(self, token: Token) -> tuple[Edit, ...]:
        raw = self.text[token.start : token.end]
        return (Edit(token.start, token.end, f"/{raw}/"),) if token.kind in (Kind.WORD, Kind.GLOB) else ()

    def _compare(self, left: Node) -> Node:
        token = self.take()
        if token.text in ":=" and self.peek(value=True).is_mark(">", ">=", "<", "<=", "!=", "=", "~", "!~"):
            if self.peek().text in ("~", "!~"):
                return self._matches(left)
            token = self.take()  # `:>2s`
        relation = _RELATIONS[token.text]
        if relation in _TURNED:
            found = self._ordered(left, relation)
        else:
            group = self.range_or_group(left) if token.text == ":" or self.peek(value=True).is_mark("[") else None
            found = group or _existence(self.equal_to(left, relation, self._right(token)))
        if self.peek().kind is Kind.MARK and self.peek().text in _RELATIONS:
            self._chained(found)
        return found

    def _right(self, operator: Token) -> Node:
        """The right side of an equality: a value, or a computation that begins with one."""
        token = self.peek(value=True)
        if token.is_mark("("):
            return self.sum()
        if token.kind is Kind.WORD and self.text[token.end : token.end + 1] == "(" and not token.is_mark("("):
            return self.sum()
        first = self.value(f"after '{self.text[operator.start : operator.end]}'")
        return self.sum(first)

    def _ordered(self, left: Node, relation: Relation) -> Node:
        right = self.sum()
        if isinstance(right, Phrase):
            right = Name(right.text, at=right.at) if is_bare_name(right.text) else Text(right.text, at=right.at)
        elif isinstance(right, Name) and not is_bare_name(right.name):
            right = Text(right.name, at=right.at)
        at = left.at.to(right.at)
        if isinstance(left, Number) and not isinstance(right, Number):
            return Compare(right, _TURNED[relation], left, at=at)
        return Compare(left, relation, right, at=at)

    def _chained(self, found: Node) -> None:
        """`1s < duration < 5s`."""
        token = self.take()
        middle = found.left if isinstance(found, (Compare, OneOf)) else None
        edits = (Edit(token.start, token.start, f"and {middle} "),) if middle else ()
        self.fail(
            token,
            "'and' between two comparisons",
            edits,
            advice="A comparison has two sides.",
        )

    # -- computing -------------------------------------------------------------------------------------------

    def sum(self, first: Node | None = None) -> Node:
        """Products with + and - between them; `first` was read already."""
        left = self._product(first)
        while self.peek().is_mark("+", "-") and not self._starts_term(self.peek()):
            operator = self.take()
            self.count_operator(operator)
            right = self._product()
            left = Arithmetic(operator.text, left, right, at=left.at.to(right.at))
        return left

    def _product(self, first: Node | None = None) -> Node:
        left = first or self._single()
        while True:
            operator = self.peek()
            if operator.word in ("x", "times", "of") and isinstance(left, Number) and self._isfactor(operator):
                sign = "*"
            elif operator.is_mark("*", "/"):
                sign = operator.text
            elif operator.word == "usual" and isinstance(left, Number):
                left = product("*", left, self._usual())
                continue
            else:
                return left
            self.take()
            self.count_operator(operator)
            right = self._single()
            left = product(sign, left, right)

    def _isfactor(self, token: Token) -> bool:
        return self.peek_after(token).word == "usual"

    def _usual(self) -> Usual:
        return Usual(at=self.take().at)

    def _single(self) -> Node:
        """One value: a number, a name, a call, a quoted text, or something in brackets; with `[5m]` behind it."""
        token = self.take()
        if token.is_mark("("):
            with self.nested(token):
                found = self.condition()
            self.expect_mark(")", "to close the bracket")
        elif token.kind is Kind.NUMBER:
            found = self.number(token)
        elif token.kind is Kind.STRING:
            found = self._quoted(token)
        elif token.kind is Kind.WORD and token.word not in KEYWORDS - {"contains", "is"}:
            found = self._named(token)
        else:
            self._no_term(token)
        self._take_bracket_window()
        return found

    def _quoted(self, token: Token) -> Node:
        """Text to search for; before an operator, a name in quotes."""
        after = self.peek()
        if after.kind is Kind.MARK and (after.text in _RELATIONS or after.text in ("~", "!~")):
            return Name(token.text, at=token.at) if is_bare_name(token.text) else Attribute(token.text, at=token.at)
        return Phrase(token.text, at=token.at)

    def _named(self, token: Token) -> Node:
        if token.word == "usual":
            return Usual(at=token.at)
        after = self.peek()
        if after.is_mark("(") and (not after.blank or spelled(token.text) != token.text or is_function(token.text)):
            return self._call(token)
        return Name(token.text, at=token.at)

    def _no_term(self, token: Token) -> NoReturn:
        if token.is_mark("{", "["):
            self.fail(
                token,
                "a field, a function or a text",
                kind=OtherLanguageError,
                advice="Curly brackets are TraceQL's and PromQL's; here a filter stands bare: function:checkout error.",
            )
        least = max(token.start - 20, 0)
        dangling = _DANGLING.search(self.text[least : token.start])
        if dangling and (token.kind is Kind.END or token.is_mark("|", ")")):
            edits: tuple[Edit, ...] = (Edit(least + dangling.start(), token.start, " "),)
        elif token.word in KEYWORDS:
            edits = (Edit(token.start, token.end, f'"{token.text}"'),)
            self.fail(token, "a field, a function or a text", edits, advice="To search for the word, quote it.")
        else:
            edits = (Edit(token.start, token.start, ")"),) if self.in_call else ()
        self.fail(token, "a field, a function or a text", edits)

    # -- calls -----------------------------------------------------------------------------------------------

    def _call(self, token: Token) -> Node:
        self.take()
        outer, self.in_call = self.in_call, True
        with self.nested(token):
            name = spelled(token.text)
            found = self._attribute(token) if name == "attr" else self._arguments(token, name)
        self.in_call = outer
        return found

    def _attribute(self, token: Token) -> Node:
        key = self.take(value=True)
        if key.kind not in (Kind.STRING, Kind.WORD):
            self.fail(key, 'the attribute\'s key in quotes, attr("customer.tier")')
        end = self.expect_mark(")", "to close attr(")
        return Attribute(key.text, at=token.at.to(end.at))

    def _arguments(self, token: Token, name: str) -> Node:
        arguments: list[Node] = []
        self._take_bracket_window()
        if name == "count" and self.peek().word == "distinct":
            self.take()
            name = "distinct"
        elif self.peek().is_mark("*"):
            self.take()
        end = self.accept_mark(")")
        while not end:
            arguments.append(self.value("as a function's name") if name == "through" else self.condition())
            end = self.accept_mark(")")
            if not end and not self.accept_mark(","):
                self.fail(self.peek(), f"')' to close {token.text}(", self._inserted(")"))
        return Call(name, tuple(arguments), at=token.at.to(end.at))

    def _take_bracket_window(self) -> None:
        """`[5m]`: how far back, as PromQL writes it."""
        token = self.peek()
        if not token.is_mark("["):
            return
        self.take()
        self.bracket_window = self.duration("in the brackets")
        self.expect_mark("]", "to close the bracket")


def is_function(name: str) -> bool:
    """Whether the language has a function of this name, in any spelling."""
    return find_aggregate(name) is not None or spelled(name) in OTHERS


def _existence(node: Node) -> Node:
    """Lucene's `_exists_:field`."""
    match node:
        case Compare(Name(name), Relation.EQUAL, Text(field)) if name.lower() == "_exists_" and is_bare_name(field):
            return Call("exists", (Name(field, at=node.right.at),), at=node.at)
    return node
