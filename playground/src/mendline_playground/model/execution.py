"""Plays invocations: what a function does in its time, call by call, and what is told of it."""

from collections import defaultdict

from mendline_playground.model import platform, spans, wire
from mendline_playground.model.call_faults import Outcome, Site, bend
from mendline_playground.model.dice import Dice
from mendline_playground.model.effects import Effects
from mendline_playground.model.environments import Environments
from mendline_playground.model.events import Event
from mendline_playground.model.invocation import OUT_OF_MEMORY, TIMEOUT, Invocation, Message, Start
from mendline_playground.model.telemetry import Telemetry
from mendline_playground.shop.plan import FUNCTIONS, Call, FunctionPlan


class Player:
    """Plays the functions of one block of time; what they send waits in `outbox` by consumer. `account`, where there is
    one, says what became of each message, by its consumer and link: `sent`, `lost`, `consumed`, `failed` or `dead`."""

    def __init__(self, effects: Effects, environments: Environments) -> None:
        self._effects = effects
        self._environments = environments
        self.dice: Dice
        self.telemetry: Telemetry
        self.outbox: dict[str, list[Message]] = defaultdict(list)
        self.throttles: list[tuple[int, str]] = []
        self.sent: list[tuple[int, str]] = []
        self.busy: list[tuple[int, int, str]] = []
        self.account: dict[tuple[str, str], str] | None = None

    def begin(self, dice: Dice, telemetry: Telemetry) -> None:
        """Go on with another block of time."""
        self.dice, self.telemetry = dice, telemetry
        self.outbox.clear()
        self.throttles.clear()
        self.sent.clear()
        self.busy.clear()

    def play(self, plan: FunctionPlan, start: Start) -> Invocation:
        """Play one invocation and tell of it."""
        environment = self._environments.pick(plan, start.at_ns, start.event, self.dice)
        request_id = start.request_id or self.dice.uuid()
        played = Invocation(plan, environment, start, request_id=request_id, span_id=self.dice.span_id())
        own_ns = self._own_time(played)
        played.now_ns += own_ns * 6 // 10
        self._fail_early(played)
        if not played.has_failed:
            self._make_calls(played)
        played.now_ns += own_ns * 4 // 10
        self._settle(played)
        self._tell(played)
        return played

    def _own_time(self, played: Invocation) -> int:
        plan, environment = played.plan, played.environment
        own_ns = int(self.dice.latency_ns(plan.own_ms, 0.3) * environment.slowness)
        own_ns += len(played.start.messages) * 4 * 10**5
        for effect in self._effects.at_function(plan.name, "slow"):
            if effect.touches(played.start_ns, played.start.event, environment.version, self.dice):
                strength = effect.strength(played.start_ns)
                own_ns = int(own_ns * (1 + (effect.say.number("factor", 1.0) - 1) * strength))
                own_ns += int(self.dice.latency_ns(effect.say.number("add") * 1000, 0.15) * strength)
        return own_ns

    def _fail_early(self, played: Invocation) -> None:
        """Errors before anything was called: raised by an injection, by poison, or for want of memory."""
        plan, environment = played.plan, played.environment
        if environment.is_out_of_memory:
            played.now_ns += 30 * 10**6
            played.fail(OUT_OF_MEMORY, "signal: killed")
            return
        events = [message.event for message in played.start.messages] or [played.start.event]
        for effect in self._effects.at_function(plan.name, "raise"):
            if any(effect.touches(played.start_ns, event, environment.version, self.dice) for event in events):
                played.fail(effect.say.text("error") or "ValueError", effect.say.text("message") or "invalid value")
        if any(message.is_poison for message in played.start.messages):
            for effect in self._effects.at_function(plan.name, "poison"):
                error = effect.say.text("error") or "ValueError"
                played.fail(error, effect.say.text("message") or "cannot be processed")

    def _make_calls(self, played: Invocation) -> None:
        records = [call for call in played.plan.calls if call.each == "record"]
        for message in played.start.messages if records else ():
            if self._is_swallowed(played, message):
                continue
            if not all(self._call(played, call, message.event, message.trace) for call in records):
                played.failed.append(message)
        for call in played.plan.calls:
            if call.each == "record" or (call.when and call.when not in played.start.event.traits):
                continue
            times = len(played.start.event.items) if call.each == "item" else 1
            if not all(self._call(played, call, played.start.event, played.start.trace) for _ in range(times)):
                return

    def _is_swallowed(self, played: Invocation, message: Message) -> bool:
        return any(
            effect.touches(played.start_ns, message.event, played.environment.version, self.dice)
            for effect in self._effects.at_function(played.plan.name, "swallow")
        )

    def _call(self, played: Invocation, call: Call, event: Event, trace: bytes) -> bool:
        """Make a call, as often as faults want; whether it went well in the end."""
        done, tries = 0, 0
        while True:
            outcome = self._call_once(played, call, event)
            if played.has_timed_out:
                return False
            if outcome.error_type and tries < outcome.tries:
                tries += 1
                continue
            if outcome.error_type and outcome.error_type != "402":
                self._raise(played, call, outcome)
                return False
            done += 1
            if done >= outcome.times:
                return True

    def _call_once(self, played: Invocation, call: Call, event: Event) -> Outcome:
        resource, dice = call.resource, self.dice
        status = 200 if resource.type != "http" else 202 if "messages" in resource.operation else 201
        outcome = Outcome(dice.latency_ns(call.median_ms, call.sigma), status)
        for effect in self._effects.at_call(played.plan.name, resource.id):
            if effect.touches(played.now_ns, event, played.environment.version, dice):
                bend(outcome, effect, Site(resource, played.plan.name, played.now_ns, dice))
        if resource.operation == "POST /v1/charges" and event.card == "tok_declined" and not outcome.error_type:
            outcome.fail("402", "HTTP 402", 402)
        played.now_ns += outcome.wait_ns
        span_id = dice.span_id()
        if call.waits and outcome.was_made and not outcome.error_type:
            self._wait_for(played, call, outcome, span_id)
        if outcome.gives_up_ns and outcome.latency_ns > outcome.gives_up_ns:
            outcome.latency_ns = outcome.gives_up_ns
            outcome.fail("ReadTimeoutError", f"Read timeout on endpoint URL: {resource.name}", 0)
        if outcome.throttles:
            self.throttles += [(played.now_ns, resource.id)] * outcome.throttles
        if outcome.was_made:
            self._told_call(played, call, event, outcome, span_id)
        return outcome

    def _wait_for(self, played: Invocation, call: Call, outcome: Outcome, span_id: bytes) -> None:
        """Let the callee run; the caller waits for it."""
        half_ns = outcome.latency_ns // 2
        start = Start(played.now_ns + half_ns, played.start.trace, span_id, played.start.event)
        callee = self.play(FUNCTIONS[call.to], start)
        end_ns = min(callee.now_ns, callee.limit_ns)
        outcome.latency_ns = end_ns + half_ns - played.now_ns
        if callee.has_failed or callee.status >= 500:
            if call.resource.type == "http":
                outcome.fail("502", "HTTP 502", 502)
            else:
                outcome.error_type, outcome.error_message = "FunctionError", callee.error_message

    def _told_call(self, played: Invocation, call: Call, event: Event, outcome: Outcome, span_id: bytes) -> None:
        resource = call.resource
        start_ns = played.now_ns
        end_ns = start_ns + outcome.latency_ns
        played.now_ns = end_ns
        if end_ns > played.limit_ns:
            kind, name, operation = resource.type, resource.name, resource.operation
            left_ms = (played.limit_ns - start_ns) / 1e6
            played.pending = f'[["{kind}","{name}","{operation}","{name}",{left_ms:.0f}]]'
            end_ns = played.limit_ns
            outcome.status, outcome.error_type, outcome.error_message = 0, "unfinished", "not answered in time"
        failed = bool(outcome.error_type) and outcome.error_type != "FunctionError"
        played.count(resource.id, end_ns - start_ns, failed=failed)
        link = ""
        if call.to and not call.waits and not outcome.error_type:
            link = self._send(played, call, event, end_ns, span_id)
        if not failed and outcome.error_type:
            outcome = Outcome(outcome.latency_ns, outcome.status)  # Lambda answers 200 for a function that failed
        skew_ns = played.environment.skew_ns
        body = wire.span(
            played.start.trace,
            span_id,
            played.span_id,
            spans.call_head(resource, played.plan.runtime),
            start_ns + skew_ns,
            end_ns + skew_ns,
            spans.call_rest(resource, played.plan.runtime, outcome, link),
        )
        self.telemetry.spans.append((end_ns, played.environment.source, body))

    def _send(self, played: Invocation, call: Call, event: Event, now_ns: int, span_id: bytes) -> str:
        """Put a message on its way, unless it is lost; answers its link."""
        kind, name = call.resource.type, call.resource.name
        if kind == "kinesis":
            link = f"kinesis:{name}/shardId-000000000000/4967{now_ns:019d}{self.dice.bits(32):010d}"
        elif kind == "dynamodb":
            link = f"dynamodb:{name}/k:{self.dice.bits(32):08x}@{now_ns // 10**9}"
        else:
            link = f"{kind}:{self.dice.uuid()}"
        played.links_out.append(link)
        self.sent.append((now_ns, call.to))
        lost = any(
            effect.touches(now_ns, event, "", self.dice) for effect in self._effects.at_function(call.to, "lose")
        )
        if self.account is not None:
            self.account[call.to, link] = "lost" if lost else "sent"
        if lost:
            return link
        message = Message(event, now_ns, played.start.trace, span_id, link)
        for effect in self._effects.at_function(call.to, "poison"):
            message.is_poison |= effect.touches(now_ns, event, "", self.dice)
        self.outbox[call.to].append(message)
        return link

    def became(self, consumer: str, message: Message, what: str) -> None:
        """Note what became of a message."""
        if self.account is not None and (consumer, message.link) in self.account:
            self.account[consumer, message.link] = what

    def _raise(self, played: Invocation, call: Call, outcome: Outcome) -> None:
        """The error that leaves the handler when a call has failed. A batch of several records only loses that one."""
        if call.each == "record" and len(played.start.messages) > 1:
            return
        resource = call.resource
        if outcome.error_type == "FunctionError":
            played.fail("RuntimeError", f"{resource.name} failed: {outcome.error_message}")
        elif played.plan.name == "email":
            played.status = 502
        elif resource.type == "http":
            name = resource.name.split(".")[-2].capitalize()
            told = f"answered {outcome.status}" if outcome.status else outcome.error_message
            played.fail(f"{played.plan.name.replace('-', '_')}.{name}Error", f"{resource.name} {told}")
        else:
            modelled = outcome.error_type.startswith("Provisioned")
            error = f"botocore.errorfactory.{outcome.error_type}" if modelled else "botocore.exceptions.ClientError"
            if outcome.error_type == "ReadTimeoutError":
                error = "botocore.exceptions.ReadTimeoutError"
            played.fail(error, outcome.error_message)

    def _settle(self, played: Invocation) -> None:
        plan = played.plan
        if played.has_timed_out:
            played.error_type = played.error_message = ""
            played.fail(TIMEOUT, f"Task timed out after {played.environment.timeout_ns / 1e9:.2f} seconds")
        elif plan.trigger == "apigateway.v2" and not played.has_failed and not played.status:
            played.status = 202 if plan.name == "email" or "order" in played.start.event.traits else 200

    def _tell(self, played: Invocation) -> None:
        """The span of the invocation, and what the platform and the log say."""
        source, telemetry = played.environment.source, self.telemetry
        end_ns = min(played.now_ns, played.limit_ns)
        if played.error_type != OUT_OF_MEMORY:
            skew_ns = played.environment.skew_ns
            body = wire.span(
                played.start.trace,
                played.span_id,
                played.start.parent,
                spans.invocation_head(played.plan),
                played.start_ns + skew_ns,
                end_ns + skew_ns,
                spans.invocation_rest(played),
            )
            telemetry.spans.append((end_ns, source, body))
        telemetry.logs.append((end_ns + 10**6, source, platform.report(played)))
        self.busy.append((played.start.at_ns, end_ns, played.plan.name))
        if played.has_timed_out:
            telemetry.logs.append((end_ns, source, platform.timeout_line(played)))
        elif played.has_failed and played.error_type != OUT_OF_MEMORY:
            telemetry.logs.append((end_ns, source, platform.error_line(played)))
        for effect in self._effects.at_function(played.plan.name, "log"):
            if effect.touches(played.start_ns, played.start.event, played.environment.version, self.dice):
                lines = range(int(effect.say.number("lines")))
                telemetry.logs += [(end_ns, source, platform.chatter(played, number)) for number in lines]
