"""Brings messages to their consumers: queues with retries, topics with theirs, streams batch by batch."""

import heapq
from collections.abc import Iterator, Sequence
from itertools import accumulate, count

from mendline_playground.model.backlog import Jam, jams
from mendline_playground.model.effects import Effects
from mendline_playground.model.events import JUNK, Event
from mendline_playground.model.execution import Player
from mendline_playground.model.invocation import Invocation, Message, Start
from mendline_playground.shop.plan import CONSUMERS, FUNCTIONS, MAX_RECEIVES, VISIBILITY_S, FunctionPlan

_MS, _S = 10**6, 10**9
_TOPIC_RETRIES_S = (60, 120)
_MOST_TRIES = 40  # of a message without a dead-letter queue, within one block of time
_STREAM_RETRY_S = (1, 2, 4, 8, 16, 32)
_STREAM_TRY_EVERY_S = 60


class Deliveries:
    """All consumers of the shop. `happened` tells what they did: (when, what, consumer, messages)."""

    def __init__(self, effects: Effects, player: Player, rate: float) -> None:
        self._effects = effects
        self._player = player
        self._jams: dict[str, list[Jam]] = {name: jams(effects, name, rate) for name in CONSUMERS}
        self.happened: list[tuple[int, str, str, int]] = []

    def run(self, begin_ns: int, end_ns: int) -> None:
        """Deliver all that was sent in a block of time, also what comes of it."""
        self.happened.clear()
        for name in CONSUMERS:
            plan = FUNCTIONS[name]
            messages = self._player.outbox.pop(name, [])
            messages += self._junk(name, begin_ns, end_ns)
            for message in messages:
                message.ready_ns = self._ready(name, message.sent_ns)
            if plan.trigger == "sqs":
                self._queue(plan, messages)
            elif plan.trigger == "sns":
                self._topic(plan, messages)
            else:
                self._stream(plan, messages, begin_ns, end_ns)

    def age_s(self, function: str, now_ns: int) -> float:
        """How old the oldest message of a consumer is that waits at a moment."""
        return max((jam.age_s(now_ns) for jam in self._jams.get(function, ())), default=0.0)

    def inflow(self, function: str) -> float:
        """How many messages a second arrive in a jam of a consumer."""
        return max((jam.inflow for jam in self._jams.get(function, ())), default=0.0)

    def _ready(self, function: str, sent_ns: int) -> int:
        for jam in self._jams[function]:
            sent_ns = max(sent_ns, jam.processed_at(sent_ns))
        return sent_ns

    def _junk(self, function: str, begin_ns: int, end_ns: int) -> list[Message]:
        dice, junk = self._player.dice, []
        for effect in self._effects.at_function(function, "flood"):
            start, end = max(begin_ns, effect.start_ns), min(end_ns, effect.end_ns)
            many = dice.poisson(effect.say.number("per_second") * (end - start) / _S) if end > start else 0
            for _ in range(many):
                at_ns = start + int(dice.random() * (end - start))
                event = Event(JUNK, at_ns, function)
                link = f"kinesis:{FUNCTIONS[function].source}/shardId-000000000000/4967{at_ns:019d}{dice.bits(32):010d}"
                junk.append(Message(event, at_ns, b"", b"", link))
                self.happened.append((at_ns, "junk", function, 1))
        return junk

    def _queue(self, plan: FunctionPlan, messages: list[Message]) -> None:
        """SQS: batches of what is there, visibility timeout, redrive."""
        order = count()
        waiting = [(message.ready_ns, next(order), message) for message in messages]
        heapq.heapify(waiting)
        while waiting:
            ready_ns, _, first = heapq.heappop(waiting)
            batch = [first]
            until_ns = ready_ns + int(plan.window_s * _S)
            while waiting and len(batch) < plan.batch_size and waiting[0][0] <= until_ns:
                batch.append(heapq.heappop(waiting)[2])
            played = self._consume(plan, batch, max(m.ready_ns for m in batch) + self._player.dice.between(4, 30) * _MS)
            failed = played.failed or (batch if played.has_failed else [])
            for message in failed:
                self._try_again(plan, message, played.now_ns)
                if message.attempt:
                    heapq.heappush(waiting, (message.ready_ns, next(order), message))
            for message in self._loop(plan, batch, played):
                heapq.heappush(waiting, (message.ready_ns, next(order), message))

    def _try_again(self, plan: FunctionPlan, message: Message, failed_ns: int) -> None:
        """Set when a message comes back; its attempt is 0 when it does not."""
        most = MAX_RECEIVES if self._has_redrive(plan, failed_ns) else _MOST_TRIES
        if message.attempt >= most:
            message.attempt = 0
            if most == MAX_RECEIVES:
                self._player.became(plan.name, message, "dead")
                self.happened.append((failed_ns, "died", plan.name, 1))
            return
        message.attempt += 1
        message.ready_ns = failed_ns + VISIBILITY_S * _S

    def _has_redrive(self, plan: FunctionPlan, now_ns: int) -> bool:
        return not any(
            effect.say.text("queue") == plan.source and effect.say.text("redrive") == "none" and effect.strength(now_ns)
            for effect in self._effects.anywhere("configure")
        )

    def _loop(self, plan: FunctionPlan, batch: Sequence[Message], played: Invocation) -> list[Message]:
        """What a consumer that feeds itself sends to its own queue."""
        again = []
        for effect in self._effects.at_function(plan.name, "loop"):
            for message in batch:
                if message.rounds >= effect.say.number("times", 50):
                    continue
                if effect.touches(played.start_ns, message.event, played.environment.version, self._player.dice):
                    link = f"sqs:{self._player.dice.uuid()}"
                    copy = Message(message.event, played.now_ns, played.start.trace, played.span_id, link)
                    copy.ready_ns = played.now_ns + int(effect.say.number("every", 2.0) * _S)
                    copy.rounds = message.rounds + 1
                    again.append(copy)
        return again

    def _topic(self, plan: FunctionPlan, messages: list[Message]) -> None:
        """SNS: at once and asynchronously, two more tries under the same request id."""
        dice = self._player.dice
        for message in messages:
            if any(effect.strength(message.sent_ns) for effect in self._effects.at_function(plan.name, "stop")):
                self._player.became(plan.name, message, "lost")
                continue  # a topic keeps nothing for whom it does not know
            message.request_id = dice.uuid()
            at_ns = message.ready_ns + dice.between(12, 60) * _MS
            for pause_s in (*_TOPIC_RETRIES_S, 0):
                played = self._consume(plan, [message], at_ns)
                if not played.has_failed or not pause_s:
                    break
                message.attempt += 1
                at_ns = played.now_ns + pause_s * _S

    def _stream(self, plan: FunctionPlan, messages: list[Message], begin_ns: int, end_ns: int) -> None:
        """Kinesis and tables: one batch after the other, each until it succeeds."""
        messages.sort(key=lambda message: (message.ready_ns, message.sent_ns))
        free_ns, position = 0, 0
        while position < len(messages):
            first = messages[position]
            until_ns = max(first.ready_ns + int(plan.window_s * _S), free_ns)
            batch = [first]
            position += 1
            while position < len(messages) and len(batch) < plan.batch_size and messages[position].ready_ns <= until_ns:
                batch.append(messages[position])
                position += 1
            free_ns = self._batch(
                plan, batch, max(until_ns if len(batch) < plan.batch_size else batch[-1].ready_ns, free_ns)
            )
        self._blocked_tries(plan, begin_ns, end_ns)

    def _batch(self, plan: FunctionPlan, batch: list[Message], at_ns: int) -> int:
        """Try a batch until it succeeds; answers when the shard is free again."""
        for message in batch:
            message.is_poison = False  # whoever waits behind poison comes when that is over
        at_ns += self._player.dice.between(30, 300) * _MS
        for pause_s in (*_STREAM_RETRY_S, 0):
            played = self._consume(plan, batch, at_ns)
            at_ns = played.now_ns + pause_s * _S
            if not played.has_failed:
                break
        return played.now_ns

    def _blocked_tries(self, plan: FunctionPlan, begin_ns: int, end_ns: int) -> None:
        """The tries in vain of a batch that blocks a stream: with longer and longer pauses, then once a minute."""
        effects = [effect for effect in self._effects.blocking(plan.name) if effect.fault != "stop"]
        effects += [e for e in self._effects.at_function(plan.name, "poison") if e not in self._effects.usual]
        for effect in effects:
            for at_ns in _tries_ns(effect.start_ns + 7 * _S, begin_ns, min(end_ns, effect.end_ns)):
                event = Event(JUNK, effect.start_ns, plan.name)
                link = f"{plan.trigger}:{plan.source}/shardId-000000000000/4967{effect.start_ns:019d}0000000001"
                message = Message(event, effect.start_ns, b"", b"", link)
                message.is_poison = effect.fault == "poison"
                self._consume(plan, [message], at_ns)

    def _consume(self, plan: FunctionPlan, batch: list[Message], at_ns: int) -> Invocation:
        """One invocation with a batch. A batch of one goes on with its trace where that can travel."""
        first, dice = batch[0], self._player.dice
        links: tuple[tuple[bytes, bytes], ...] = ()
        if plan.trigger in ("sqs", "sns") and len(batch) == 1:
            trace, parent = first.trace, first.span_id
        else:
            trace, parent = dice.trace_id(), b""
            if plan.trigger == "sqs":
                links = tuple((message.trace, message.span_id) for message in batch)
        self.happened.append((at_ns, "taken", plan.name, len(batch)))
        played = self._player.play(
            plan, Start(at_ns, trace, parent, first.event, tuple(batch), first.request_id, links)
        )
        failed = len(played.failed) or (len(batch) if played.has_failed else 0)
        for message in batch:
            is_failed = message in played.failed if played.failed else played.has_failed
            self._player.became(plan.name, message, "failed" if is_failed else "consumed")
        if failed:
            self.happened.append((played.now_ns, "failed", plan.name, failed))
        return played


def _tries_ns(first_ns: int, begin_ns: int, end_ns: int) -> Iterator[int]:
    """When a batch is tried that fails each time, from the first try on; those of a time."""
    *soon_ns, at_ns = accumulate((pause_s * _S for pause_s in _STREAM_RETRY_S), initial=first_ns)
    yield from (at for at in soon_ns if begin_ns <= at < end_ns)
    every_ns = _STREAM_TRY_EVERY_S * _S
    yield from range(at_ns + max(0, -(-(begin_ns - at_ns) // every_ns)) * every_ns, end_ns, every_ns)
