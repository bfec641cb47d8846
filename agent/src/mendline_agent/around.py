"""What is put around functions that are followed: each of their calls becomes one of the invocation's, unnoticed."""

from __future__ import annotations

import functools
import time
from threading import get_ident

from .calling import CURRENT, current_call
from .capture import cut
from .guard import GUARD
from .inside import MAX_CALLS, Call, Inside, Site
from .operations import ACTIVE, message_of, type_name

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from .operations import Record

_MAX_VALUE = 1024
_now = time.perf_counter_ns
_COROUTINE, _GENERATOR, _ASYNC_GENERATOR = 0x80, 0x20, 0x200


def follow(
    function: Any,
    *,
    name: str | None = None,
    arguments: bool = False,
    result: bool = False,
    lines: tuple[str, ...] | None = None,
) -> Any:
    """The function, followed; line by line, with these local variables, if there are `lines`. Asynchronous generators,
    classes and what is not written in Python come back as they are: nothing can be put around them unnoticed."""
    if isinstance(function, (staticmethod, classmethod)):
        held = follow(function.__func__, name=name, arguments=arguments, result=result, lines=lines)
        return type(function)(held)
    code = getattr(function, "__code__", None)
    if code is None or code.co_flags & _ASYNC_GENERATOR or getattr(function, "__mendline__", False):
        return function
    site = Site(function, name, arguments=arguments, result=result, lines=lines)
    make = _coroutine if code.co_flags & _COROUTINE else _generator if code.co_flags & _GENERATOR else _plain
    if make is _plain and not arguments and not result and lines is None:
        make = _quick
    followed = functools.wraps(function)(make(site))
    followed.__mendline__ = True  # type: ignore[attr-defined]
    return followed


def _quick(site: Site) -> Callable[..., Any]:
    """Of a plain function of which nothing but its calls is recorded: all within one frame, since each costs."""
    function = site.function

    def followed(*args: Any, **kwargs: Any) -> Any:
        record = ACTIVE.record
        if record is None:
            return function(*args, **kwargs)
        trail: Any = None
        try:
            inside = record.inside
            if inside is None:
                inside = _opened(record)
            if get_ident() == inside.quick and len(inside.trail) < inside.room:
                trail, started = inside.trail, _now()
                trail.append(site)  # not both at once, for which a tuple would have to be made
                trail.append(started)
        except Exception:
            if trail and trail[-1] is site:
                del trail[-1]
            trail = None
        if trail is None:
            otherwise = function
            try:
                otherwise = _otherwise(site)
            except Exception:
                pass
            return otherwise(*args, **kwargs)
        try:  # to hand on no names where there are none spares a dictionary
            result = function(*args, **kwargs) if kwargs else function(*args)
        except BaseException as error:
            try:
                trail += (type_name(error), message_of(error)), _now()
            except Exception:
                trail += (started,)
            raise
        try:
            trail.append(_now())
        except Exception:
            trail += (started,)
        return result

    return followed


def _otherwise(site: Site) -> Any:
    """One frame more, which is made for those that need it."""
    if site.otherwise is None:
        site.otherwise = _plain(site)
    return site.otherwise


def _plain(site: Site) -> Callable[..., Any]:
    function, call = site.function, site.call

    def followed(*args: Any, **kwargs: Any) -> Any:
        record = ACTIVE.record
        if record is None:
            return function(*args, **kwargs)
        begun = None
        try:  # even to be called may fail, where the stack ends
            begun = _begin(record, site, args, kwargs, True)
        except Exception:
            pass
        try:
            result = call(*args, **kwargs)
        except BaseException as error:
            try:
                _end(begun, error, None)
            except Exception:
                CURRENT.set(begun and begun.parent)
            raise
        try:
            _end(begun, None, result)
        except Exception:
            CURRENT.set(begun and begun.parent)
        return result

    return followed


def _coroutine(site: Site) -> Callable[..., Any]:
    function, call = site.function, site.call

    async def followed(*args: Any, **kwargs: Any) -> Any:
        record = ACTIVE.record
        if record is None:
            return await function(*args, **kwargs)
        begun = None
        try:  # even to be called may fail, where the stack ends
            begun = _begin(record, site, args, kwargs, True)
        except Exception:
            pass
        try:
            result = await call(*args, **kwargs)
        except BaseException as error:
            try:
                _end(begun, error, None)
            except Exception:
                CURRENT.set(begun and begun.parent)
            raise
        try:
            _end(begun, None, result)
        except Exception:
            CURRENT.set(begun and begun.parent)
        return result

    return followed


def _generator(site: Site) -> Callable[..., Any]:
    """From its first item to its end; what its consumer does between is not below it."""
    function, call = site.function, site.call

    def followed(*args: Any, **kwargs: Any) -> Any:
        record = ACTIVE.record
        if record is None:
            return (yield from function(*args, **kwargs))
        begun = None
        try:
            begun = _begin(record, site, args, kwargs, False)
        except Exception:
            pass
        try:
            result = yield from call(*args, **kwargs)
        except GeneratorExit:
            try:
                _end(begun, None, None)
            except Exception:
                pass
            raise
        except BaseException as error:
            try:
                _end(begun, error, None)
            except Exception:
                CURRENT.set(begun and begun.parent)
            raise
        try:
            _end(begun, None, result)
        except Exception:
            CURRENT.set(begun and begun.parent)
        return result

    return followed


def _opened(record: Record) -> Inside:
    inside = record.inside = Inside(record)
    return inside


def _begin(record: Record, site: Site, args: tuple[Any, ...], kwargs: dict[str, Any], nests: bool) -> Call | None:
    try:
        inside = record.inside or _opened(record)
        call = Call()
        call.inside, call.site, call.elapsed_ns = inside, site, -1
        call.parent = current_call(record)
        if len(inside.calls) < MAX_CALLS:
            if ACTIVE.bridge is not None:
                call.above = ACTIVE.bridge.parent(record).span_id
            if site.arguments:
                call.told = {"mendline.arguments": _rendered(_named(site.function, args, kwargs))}
            call.started = _now()
            inside.calls.append(call)
            if nests:  # what is called within it is below it
                inside.quick = 0
                call.token = CURRENT.set(call)
        else:
            call.is_summed = True
        call.started = _now()
        return call
    except Exception as error:
        GUARD.failed("call", error)
        return None


def _end(call: Call | None, error: BaseException | None, result: Any) -> None:
    if call is None:
        return
    try:
        call.elapsed_ns = _now() - call.started
        token = call.token
        if token is not None:
            call.token = None
            try:
                CURRENT.reset(token)
            except ValueError:  # a coroutine that was left behind ends in another context, which never had it
                pass
        if error is not None:
            call.error = (type_name(error), message_of(error))
        elif call.site.result:
            call.told = {**(call.told or {}), "mendline.result": _rendered(result)}
        if call.is_summed:
            call.inside.sum_up(call)
        elif error is not None:
            call.inside.failed.append(call.site)
    except Exception as own:
        GUARD.failed("call", own)


def _named(function: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> dict[str, Any]:
    """Arguments by name; what has none (`*args`) by its number. `self` and `cls` are left out."""
    code = function.__code__
    names = code.co_varnames[: code.co_argcount]
    named = {names[index] if index < len(names) else f"*{index}": value for index, value in enumerate(args)}
    named.update(kwargs)
    if names and names[0] in ("self", "cls"):
        named.pop(names[0], None)
    return named


def _rendered(value: Any) -> str:
    from .agent import the_agent

    return cut(the_agent().capture.render(value), _MAX_VALUE)
