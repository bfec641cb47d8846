"""The table of faults: what each is called, what it does, what can be said about it, and where it can be played."""

from dataclasses import dataclass

FUNCTION, CONSUMER, RESOURCE, TEXT, COUNT = "function", "consumer", "resource", "text", "count"
DURATION, SHARE, FACTOR, SIZE, RATE = "duration", "share", "factor", "size", "rate"
KINDS_OF_VALUES = {
    FUNCTION: "the name of a function of the shop",
    CONSUMER: "the name of a function that reads a queue, a topic or a stream",
    RESOURCE: "`type/name/operation`, or `type/name` for all its operations",
    TEXT: "any text",
    COUNT: "a whole number",
    DURATION: "`300ms`, `90s`, `10m`, `1h30m`, `2d`, `3w`",
    SHARE: "from 0 to 1",
    FACTOR: "a number above 0",
    SIZE: "`512`, `64KB`, `128MB` (1024-based)",
    RATE: "a number a second",
}


@dataclass(frozen=True, slots=True)
class Parameter:
    """One thing that can be said about a fault."""

    kind: str
    about: str
    required: bool = False
    default: object = None


@dataclass(frozen=True, slots=True)
class Fault:
    """One row of the table; `one_of` names parameters of which at least one must be given."""

    about: str
    parameters: dict[str, Parameter]
    live: bool = False
    one_of: tuple[str, ...] = ()


def _must(kind: str, about: str) -> Parameter:
    return Parameter(kind, about, required=True)


_BY = Parameter(FUNCTION, "only calls of this function")
_SHARE = Parameter(SHARE, "of the calls or events", default=1.0)
_TYPE = Parameter(TEXT, "the type of the error")
_MESSAGE = Parameter(TEXT, "what the error says")

FAULTS: dict[str, Fault] = {
    "slow": Fault(
        "Calls to a resource, or a function's own code, take longer.",
        {
            "resource": Parameter(RESOURCE, "what is slow"),
            "function": Parameter(FUNCTION, "whose calls, or without a resource whose own code"),
            "factor": Parameter(FACTOR, "times as long", default=1.0),
            "add": Parameter(DURATION, "and so much longer", default=0.0),
            "share": _SHARE,
        },
        live=True,
        one_of=("resource", "function"),
    ),
    "fail": Fault(
        "Calls to a resource fail.",
        {
            "resource": _must(RESOURCE, "what fails"),
            "function": _BY,
            "share": _SHARE,
            "error": _TYPE,
            "message": _MESSAGE,
            "status": Parameter(COUNT, "HTTP status of the answer; 0 for none at all", default=503),
            "after": Parameter(DURATION, "how long a failing call takes; else as long as a good one"),
            "healed": Parameter(SHARE, "of the failures, how many the SDK's own retry heals", default=0.0),
        },
        live=True,
    ),
    "throttle": Fault(
        "AWS refuses calls because they are too many; CloudWatch counts them.",
        {"resource": _must(RESOURCE, "what is throttled"), "function": _BY, "share": _SHARE},
        live=True,
    ),
    "deny": Fault(
        "A policy no longer allows a call; the change of the policy is seen in the configuration.",
        {"resource": _must(RESOURCE, "what is denied"), "function": _must(FUNCTION, "to whom")},
        live=True,
    ),
    "reconnect": Fault(
        "Kept connections were closed, and calls open new ones.",
        {
            "resource": _must(RESOURCE, "to what"),
            "share": _SHARE,
            "add": Parameter(DURATION, "what a new connection takes", default=0.15),
        },
    ),
    "exhaust_pool": Fault(
        "Calls wait for a free connection of a pool that is too small, and some give up.",
        {
            "function": _must(FUNCTION, "whose pool"),
            "resource": _must(RESOURCE, "connections to what"),
            "wait": _must(DURATION, "the mean wait"),
            "share": _SHARE,
            "give_up": Parameter(SHARE, "of those that wait, how many fail", default=0.1),
        },
    ),
    "give_up": Fault(
        "The caller's own timeout is set so short that it gives up while the callee goes on.",
        {
            "function": _must(FUNCTION, "who gives up"),
            "resource": _must(RESOURCE, "on what"),
            "after": _must(DURATION, "the caller's timeout"),
        },
        live=True,
    ),
    "retry": Fault(
        "A function calls again, at once and many times, when a call fails.",
        {
            "function": _must(FUNCTION, "who retries"),
            "resource": _must(RESOURCE, "what it calls"),
            "times": _must(COUNT, "how often at most"),
        },
        live=True,
    ),
    "repeat": Fault(
        "A function makes many small calls where one would do.",
        {
            "function": _must(FUNCTION, "who calls"),
            "resource": _must(RESOURCE, "what it calls"),
            "times": _must(COUNT, "calls instead of one"),
        },
        live=True,
    ),
    "raise": Fault(
        "A function fails before it has called anything.",
        {
            "function": _must(FUNCTION, "which"),
            "share": _SHARE,
            "most": Parameter(COUNT, "failures in all; else as many as come"),
            "error": _TYPE,
            "message": _MESSAGE,
        },
        live=True,
    ),
    "deploy": Fault(
        "A new version of a function is deployed: its environments start anew, and the change is seen.",
        {
            "function": _must(FUNCTION, "which"),
            "version": _must(TEXT, "the new version"),
            "share": Parameter(SHARE, "of the invocations that get it (an alias with weights)", default=1.0),
        },
        live=True,
    ),
    "configure": Fault(
        "A setting changes; the change is seen in the configuration.",
        {
            "function": Parameter(FUNCTION, "of which function"),
            "queue": Parameter(TEXT, "or of which queue"),
            "memory": Parameter(SIZE, "the memory size: less is slower, and may not be enough"),
            "timeout": Parameter(DURATION, "the function's timeout"),
            "redrive": Parameter(TEXT, "`none` takes the queue's dead-letter queue away"),
        },
        live=True,
        one_of=("function", "queue"),
    ),
    "set": Fault(
        "A setting is told as the readers of AWS tell it, and the model goes on as before: what only waits to hurt.",
        {
            "function": Parameter(FUNCTION, "of which function"),
            "queue": Parameter(TEXT, "or of which queue; `NAME-dlq` is that of its dead letters"),
            "visibility": Parameter(DURATION, "the queue's visibility timeout"),
            "retention": Parameter(DURATION, "how long the queue keeps what nobody takes"),
            "limits": Parameter(TEXT, "`set` gives its stream limits of retries and age, and a destination"),
            "destination": Parameter(TEXT, "where its asynchronous events go that failed; `none` for nowhere"),
        },
        one_of=("function", "queue"),
    ),
    "cold": Fault(
        "Invocations meet no warm environment.",
        {
            "function": _must(FUNCTION, "which"),
            "share": _SHARE,
            "factor": Parameter(FACTOR, "times as long an init as usual", default=1.0),
        },
        live=True,
    ),
    "leak": Fault(
        "Each invocation of an environment keeps some memory, until there is none left.",
        {"function": _must(FUNCTION, "which"), "each": _must(SIZE, "memory kept by an invocation")},
        live=True,
    ),
    "poison": Fault(
        "Messages that can never be processed: each is tried until it is given up, and in a stream it blocks the rest.",
        {
            "function": _must(CONSUMER, "who cannot process them"),
            "share": _SHARE,
            "error": _TYPE,
            "message": _MESSAGE,
        },
        live=True,
    ),
    "limit": Fault(
        "A consumer cannot keep up: it processes at most so many events a second, and the rest waits.",
        {"function": _must(CONSUMER, "which"), "per_second": _must(RATE, "events")},
        live=True,
    ),
    "stop": Fault(
        "A consumer's mapping or subscription is off: queues and streams keep its messages, topics lose them.",
        {"function": _must(CONSUMER, "which")},
        live=True,
    ),
    "lose": Fault(
        "Messages vanish on their way to a consumer.",
        {"function": _must(CONSUMER, "to which"), "share": _SHARE},
        live=True,
    ),
    "swallow": Fault(
        "A consumer of batches answers that all is well, and has not processed some records.",
        {"function": _must(CONSUMER, "which"), "share": _SHARE},
        live=True,
    ),
    "loop": Fault(
        "A consumer sends each message on to itself.",
        {
            "function": _must(CONSUMER, "which"),
            "times": Parameter(COUNT, "how often a message comes back", default=50),
            "every": Parameter(DURATION, "the time between", default=2.0),
        },
        live=True,
    ),
    "flood": Fault(
        "Records that mean nothing fill a consumer's queue or stream.",
        {"function": _must(CONSUMER, "whose"), "per_second": _must(RATE, "junk records")},
        live=True,
    ),
    "traffic": Fault(
        "More or fewer customers than usual at this hour.",
        {"factor": _must(FACTOR, "times as many")},
        live=True,
    ),
    "payload": Fault(
        "Orders that are unlike the others.",
        {
            "share": _SHARE,
            "customer": Parameter(TEXT, "whose they are"),
            "items": Parameter(COUNT, "how many items each has"),
            "item": Parameter(TEXT, "an item that each has, whatever it is called"),
            "currency": Parameter(TEXT, "their currency"),
        },
        live=True,
        one_of=("items", "item", "currency", "customer"),
    ),
    "log": Fault(
        "A function writes far too many log lines.",
        {"function": _must(FUNCTION, "which"), "lines": _must(COUNT, "a line an invocation writes")},
        live=True,
    ),
    "skew": Fault(
        "The clock of some environments is wrong.",
        {
            "function": _must(FUNCTION, "which"),
            "by": _must(DURATION, "how far it is ahead"),
            "share": _SHARE,
        },
    ),
    "change": Fault(
        "A change that harms nobody is seen in the configuration.",
        {
            "function": _must(FUNCTION, "of which function"),
            "what": Parameter(TEXT, "`environment`, `layers` or `other`", default="environment"),
        },
        live=True,
    ),
}
