"""What is said of alerts and incidents, in words: the same on pages, in JSON and in every channel. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from mendline.insight.scope import Scope
from mendline.model.alert import Alert
from mendline.model.incident import Incident
from mendline.model.policy import Policy

_MOST_TITLE, _MOST_STACK, _MOST_PAYLOAD, _MOST_LISTED, _MOST_RUNBOOK = 200, 1500, 600, 5, 1500
_LEAST_MORE = 0.1
FIRST_STEPS = {
    "code_error": "Look at the stack trace of the example; if a deployment came before, roll it back.",
    "deployment": "Roll back to the version before, then look at what it changed.",
    "configuration": "Set the configuration back to what it was before the change.",
    "resource_slow": "See whether the resource is slow for everybody, and whether fewer or shorter calls are possible.",
    "resource_error": "See what the resource answers; if it is a provider's, look at its status page.",
    "throttled": "Raise the limit, or send less: find who calls most.",
    "permission": "Look at what the role may do, and give back what was taken away.",
    "memory": "Give the function more memory, or find what holds it.",
    "timeout": "See what the time is spent on; raise the timeout only if that is right.",
    "poison_record": "Find the message that always fails, keep a copy, and take it out of the queue.",
    "backlog": "See whether consumers keep up; raise their concurrency if what they call allows it.",
    "consumer_stopped": "Switch the consumer of the queue or stream on again.",
    "lost_downstream": "Find where messages stay (dead letters, filters, a consumer that drops them); send them again.",
    "partial_batch": "Have the consumer report each record that it did not process, then send those again.",
    "retry_storm": "Stop the retries where they begin, then raise what they wait for.",
    "recursion": "Break the loop: switch off what invokes the function again, or set its concurrency to 0.",
    "load": "See where the traffic comes from; raise limits, or hold it back.",
    "n_plus_one": "Ask once for all of them instead of once for each.",
    "pool_exhausted": "See what holds connections; raise the pool, or have fewer at once.",
    "connection_renewal": "Keep connections open between invocations, or let them be renewed sooner than they end.",
    "cold_start": "See what started environments anew (a deployment, more traffic), then what a start costs.",
    "input": "Look at what the example was sent, and who sends it; refuse it where it comes in.",
    "drift": "Compare the slow days with those before; tell the vendor, or have a limit of time and a fallback.",
    "log_flood": "Find the line that is written most, and write it less.",
    "clock_skew": "Set the clock of what sends these times.",
    "provider_error": "Nothing of yours is wrong: watch the provider's status, and tell those who wait.",
}


def alert_words(policy: Policy, alert: Alert) -> str:
    """An alert in a line: which condition, of what, with which number."""
    of = f" ({', '.join(key for key in alert.keys if key)})" if any(alert.keys) else ""
    value = f": {number(alert.value)}" if alert.value is not None else ""
    return f"{policy.name}{of}{value}"


def title_of(policy: Policy, alert: Alert, scope: Scope) -> str:
    """What an incident is called."""
    about = ", ".join((scope.functions or scope.resources)[:2])
    others = [key for key in alert.keys if key and key not in scope.names]
    said = f"{policy.name}{f': {about}' if about else ''}{f' ({others[0]})' if others else ''}"
    return said[:_MOST_TITLE]


def number(value: float) -> str:
    """A number as people read it."""
    return f"{value:,.0f}" if value == int(value) and abs(value) < 1e15 else f"{value:,.4g}"


def cause_words(content: Mapping[str, Any]) -> str:
    """The likely cause in a sentence, or that none is proven."""
    causes = content.get("causes") or []
    if not causes:
        return "Cause: not proven." if content.get("diagnosed_at") else "Cause: still looked for."
    first = causes[0]
    owner = "" if first["owner"] == "unknown" else f", {first['owner'].replace('_', ' ')}"
    return f"Likely cause ({first['confidence']} confidence{owner}): {first['text']}"


def message_text(content: Mapping[str, Any], kind: str, *, updates: bool = False) -> str:
    """A message as plain text; most important first, so that it can be cut at its end. `updates`: its receiver is told
    a cause that is found later."""
    if kind == "over":
        return "\n".join(_over_lines(content))
    lines = [cause_words(content)]
    if not content.get("causes"):
        lines[0] += " An update follows once it is found." if updates else " Its page has it once it is found."
    lines += [f"  - {it}" for it in (content.get("causes") or [{}])[0].get("evidence", [])[:3]]
    if content.get("change"):
        lines.append(content["change"])
    lines.append(f"Since {_clock(content['began_at'] or content['opened_at'])} UTC; severity {content['severity']}.")
    lines += [f"• {it}" for it in content["alerts"][:_MOST_LISTED]]
    lines += _affected_lines(content)
    if content.get("cascade"):
        picture = f" (as a picture: {content['cascade_url']})" if content.get("cascade_url") else ""
        lines += ["Cascade:", f"{content['cascade']}{picture}"]
    if content.get("changes"):
        lines += ["Changed before:", *(f"• {it}" for it in content["changes"][:3])]
    if content.get("experiments"):
        lines += ["Experiments that ran:", *(f"• {it['text']} {it['url']}" for it in content["experiments"][:3])]
    lines += _example_lines(content.get("example") or {})
    if content.get("first_steps"):
        lines += ["First steps:", *(f"{at}. {it}" for at, it in enumerate(content["first_steps"], 1))]
    lines += _before_lines(content)
    if content.get("runbook") or content.get("runbook_draft"):
        lines += ["Run book:", (content.get("runbook") or content["runbook_draft"]).strip()[:_MOST_RUNBOOK]]
    if content.get("acknowledge_url"):
        lines.append(f"Acknowledge: {content['acknowledge_url']}")
    if content.get("expected_url"):
        lines.append(f"Expected? Be told only if it exceeds its usual: {content['expected_url']}")
    return "\n".join(lines)


def _affected_lines(content: Mapping[str, Any]) -> list[str]:
    lines = []
    if content["functions"]:
        lines.append(f"Affected: {', '.join(content['functions'][:8])}.")
    lines += list(content.get("who") or [])
    if content.get("impact"):
        lines.append(content["impact"])
    return lines


def who_words(affected: Sequence[Mapping[str, Any]]) -> list[str]:
    """Versions and tenants that those that are bad have more of than the others, a sentence each."""
    told = [one for one in affected if one["attribute"] != "function" and one["bad"] - one["rest"] >= _LEAST_MORE]
    return [
        f"Mostly {one['attribute']} {one['value']}: {one['bad']:.0%} of the affected, {one['rest']:.0%} of the others."
        for one in told[:_MOST_LISTED]
    ]


def _before_lines(content: Mapping[str, Any]) -> list[str]:
    """The past incidents that are most like it."""
    lines = ["Alike before:"] if content.get("similar") else []
    for one in content.get("similar") or ():
        cause = f": {one['cause']}" if one["cause"] else ""
        mended = f" Mended by: {one['mended_by']}." if one["mended_by"] else ""
        lines.append(f"• {one['opened_at'][:10]}, {one['lasted']}{cause}{mended} {one['url']}")
    return lines


def _example_lines(example: Mapping[str, Any]) -> list[str]:
    if not example:
        return []
    lines = [f"Example: {example.get('url', '')}".rstrip()]
    if example.get("error"):
        lines.append(f"  {example['error'][:300]}")
    lines += [
        f"  {name}: {str(example[name])[:_MOST_PAYLOAD]}" for name in ("request", "response") if example.get(name)
    ]
    if example.get("stack"):
        lines.append(str(example["stack"])[:_MOST_STACK])
    return lines


def _over_lines(content: Mapping[str, Any]) -> list[str]:
    lines = [f"It is over after {content['lasted']}."]
    if content.get("causes"):
        lines.append(cause_words(content))
    if content.get("held_back"):
        lines.append(f"{content['held_back']} more alerts were held back; the page lists them.")
    return lines


def plain_status(incident: Incident, now: datetime) -> str:
    """For people who do not write code: what is affected, whose fault, and what comes next."""
    first: Mapping[str, Any] = incident.causes[0] if incident.causes else {}
    whose = {
        "provider": "The cause lies with our cloud provider.",
        "third_party": "The cause lies with a service of another company that we use.",
        "code": "The cause lies in our own software.",
        "configuration": "The cause lies in how our systems are set up.",
        "input": "The cause lies in data that our systems were sent.",
        "load": "The cause is more load than usual.",
    }.get(str(first.get("owner", "")), "The cause is not proven yet.")
    affected = incident.functions or incident.resources
    about = ", ".join(affected) or "part of our service"
    does = "do" if len(affected) > 1 else "does"
    if not incident.is_open:
        return f"The problem with {about} is over; it lasted {lasted(incident, now)}. {whose}"
    told = "Our team has been told." if incident.notified else "We have noticed it."
    stage = "Somebody works on it." if incident.acknowledged else told
    return f"Since {incident.began or incident.opened:%H:%M} UTC {about} {does} not work as usual. {whose} {stage}"


def lasted(incident: Incident, now: datetime) -> str:
    """How long it went on, or goes on so far."""
    return span_text((incident.resolved or now) - (incident.began or incident.opened))


def span_text(span: timedelta) -> str:
    """A span of time in words that suit it."""
    seconds = max(0, int(span.total_seconds()))
    if seconds < 120:
        return f"{seconds} s"
    if seconds < 7200:
        return f"{seconds // 60} min"
    return f"{seconds // 3600} h {seconds % 3600 // 60} min"


def _clock(text: str) -> str:
    return text[11:16] if len(text) > 15 else text
