"""The page as HTML. All text goes through `escape`; nothing here knows of requests."""

import time
from collections.abc import Mapping, Sequence
from html import escape

from mendline_playground.live import Run
from mendline_playground.page.state import Told, why_model_only
from mendline_playground.scenario import Cause, Injection, Scenario
from mendline_playground.scenario.faults import DURATION, FAULTS, SIZE
from mendline_playground.scenario.units import write_duration

REFRESH_S = 10
_ORDERS = (
    ("placed", "orders placed"),
    ("paid", "paid"),
    ("refused", "refused"),
    ("poisoned", "poisoned"),
    ("in_flight", "in flight"),
)


def render_front(told: Told, scenarios: Mapping[str, Scenario], server: str) -> str:
    """The front page: what is wrong now, the orders, what was wrong lately, and every scenario."""
    running = {run["scenario"]: run for run in told["running"]}
    parts = [
        _now(told),
        _orders(told["orders"]),
        _versions(told["versions"]),
        _lately(told["ended"][:8], told["now_s"]),
        _list(list(scenarios.values()), running),
    ]
    watching = f'<a href="{escape(server)}">what Mendline sees</a>' if server else ""
    return _page("The playground", "".join(parts), watching, refresh=True)


def _now(told: Told) -> str:
    now_s = told["now_s"]
    if told["running"]:
        cards = "".join(_card(run, now_s) for run in told["running"])
        return f'<section aria-labelledby="now"><h2 id="now">Wrong now</h2>{cards}</section>'
    due = told["next_s"]
    later = "Incidents do not begin by themselves here: start one below."
    if due is not None:
        later = f"The next incident begins by itself at {_clock(due)} UTC, {_within(due - now_s)}."
    return f"""<section aria-labelledby="now"><h2 id="now">Now</h2>
<div class="card calm"><p class="title">Nothing is wrong in the shop</p><p class="muted">{later}</p></div></section>"""


def _card(run: Told, now_s: float) -> str:
    whole_s = run["ends_s"] - run["began_s"]
    by = "by the rotation" if run["by"] == "rotation" else "by hand"
    return f"""<div class="card wrong"><div class="grow">
<p class="title"><span class="mark" aria-hidden="true">▲</span> {escape(run["title"])}</p>
<p class="muted">since {_clock(run["began_s"])} UTC ({_ago(now_s - run["began_s"])}), started {by};
ends by itself at {_clock(run["ends_s"])} UTC, {_within(run["ends_s"] - now_s)}</p>
<progress value="{min(whole_s, now_s - run["began_s"]):.0f}" max="{whole_s:.0f}">{_clock(run["ends_s"])}</progress>
</div><div class="acts"><a class="button" href="/scenarios/{escape(run["scenario"])}">Show the truth</a>
<form method="post" action="/stop"><input type="hidden" name="run" value="{run["number"]}">
<button class="strong">Stop it</button></form></div></div>"""


def _orders(orders: Told) -> str:
    cells = []
    for place, (key, name) in enumerate(_ORDERS):
        sign = ("", "=", "+", "+", "+")[place]
        cells.append(f'<div><span class="sign">{sign}</span><b>{orders[key]:,}</b><span>{name}</span></div>')
    exact = "It adds up." if orders["is_exact"] else "It does not add up: orders are missing."
    waiting = f" {orders['waiting']:,} of those in flight for over ten minutes." if orders["waiting"] else ""
    return f"""<section aria-labelledby="orders"><h2 id="orders">Orders since the shop opened</h2>
<div class="sum">{"".join(cells)}</div><p class="muted">{exact}{waiting} From the shop's own table and dead-letter
queues.</p></section>"""


def _versions(versions: Sequence[Told]) -> str:
    rows = "".join(
        f"""<tr><td><code>{escape(one["function"])}</code></td><td>version {escape(one["version"])}</td>
<td class="number">{one["later"]:,}</td><td class="act">{_switches(one)}</td></tr>"""
        for one in versions
    )
    return f"""<section aria-labelledby="versions"><h2 id="versions">Versions that serve</h2>
<p class="muted">Version 2 has short timeouts, circuit breakers and defaults, and puts aside what it cannot do now.</p>
<table><thead><tr><th>function</th><th>serves</th><th class="number">calls put aside, not made yet</th><th></th></tr>
</thead><tbody>{rows}</tbody></table></section>"""


def _switches(one: Told) -> str:
    return "".join(
        f"""<form method="post" action="/switch"><input type="hidden" name="function" value="{escape(one["function"])}">
<input type="hidden" name="version" value="{escape(version)}">
<button>Switch to version {escape(version)}</button></form>"""
        for version in one["versions"]
        if version != one["version"]
    )


def _lately(runs: Sequence[Told], now_s: float) -> str:
    if not runs:
        return ""
    rows = "".join(
        f"""<tr><td>{_clock(run["began_s"])} to {_clock(run["ended_s"])}</td>
<td><a href="/scenarios/{escape(run["scenario"])}">{escape(run["title"])}</a>{_problem(run["problem"])}</td>
<td class="muted">{_ago(now_s - run["ended_s"])}</td></tr>"""
        for run in runs
    )
    return f"""<section aria-labelledby="lately"><h2 id="lately">Lately</h2>
<table><thead><tr><th>UTC</th><th>incident</th><th>ended</th></tr></thead><tbody>{rows}</tbody></table></section>"""


def _problem(problem: str) -> str:
    return f'<p class="problem">could not be played: {escape(problem)}</p>' if problem else ""


def _list(scenarios: Sequence[Scenario], running: Mapping[str, Told]) -> str:
    live = "".join(_row(one, running.get(one.name)) for one in scenarios if "live" in one.modes)
    model = "".join(_row(one, None) for one in scenarios if "live" not in one.modes)
    return f"""<section aria-labelledby="live"><h2 id="live">Scenarios</h2><table><thead><tr><th>what happens</th>
<th class="number">lasts</th><th></th></tr></thead><tbody>{live}</tbody></table></section>
<section aria-labelledby="model"><h2 id="model">Only as a model</h2>
<p class="muted">The running shop cannot have these. <code>mendline-playground play NAME --server URL</code> writes what
functions would have told.</p><table><tbody>{model}</tbody></table></section>"""


def _row(scenario: Scenario, run: Told | None) -> str:
    name, title = escape(scenario.name), escape(scenario.title)
    control = ' <span class="tag">nothing is wrong</span>' if scenario.is_control else ""
    if "live" not in scenario.modes:
        return f"""<tr><td><a href="/scenarios/{name}">{title}</a>{control}
<p class="muted">{escape(why_model_only(scenario))}</p></td></tr>"""
    act = f"""<form method="post" action="/start"><input type="hidden" name="scenario" value="{name}">
<button>Start</button></form>"""
    if run is not None:
        act = f"""<form method="post" action="/stop"><input type="hidden" name="run" value="{run["number"]}">
<button class="strong">Stop it</button></form>"""
    return f"""<tr><td><a href="/scenarios/{name}">{title}</a>{control}</td>
<td class="number">{write_duration(scenario.live.during_s)}</td><td class="act">{act}</td></tr>"""


def render_scenario(scenario: Scenario, run: Run | None, why_not: str) -> str:
    """One scenario: what is injected, and the truth about it."""
    start = ""
    lasts = write_duration(scenario.live.during_s)
    if not why_not:
        start = f"""<form method="post" action="/start"><input type="hidden" name="scenario"
value="{escape(scenario.name)}"><button class="strong">Start it for {lasts}</button></form>"""
    elif "live" not in scenario.modes:
        start = f'<p class="muted">{escape(why_model_only(scenario))}</p>'
    inject = "".join(_injection(one) for one in scenario.injections) or "<tr><td>Nothing.</td></tr>"
    versions = ", ".join(f"its version {ours} is {theirs}" for ours, theirs in run.versions.items()) if run else ""
    note = f'<p class="muted">In the last run {escape(versions)}.</p>' if versions else ""
    body = f"""<p><a href="/">← all of the playground</a></p><h1>{escape(scenario.title)}</h1>
<p class="about">{escape(scenario.about)}</p>{start}
<section><h2>What is injected</h2><table><tbody>{inject}</tbody></table>{note}</section>
<section><h2>The truth</h2>{_truth(scenario)}</section>"""
    return _page(scenario.title, body, "")


def _injection(injection: Injection) -> str:
    usual = {name: parameter.default for name, parameter in FAULTS[injection.fault].parameters.items()}
    told = [
        f"{name} {_shown(injection, name, value)}"
        for name, value in injection.parameters.items()
        if value != usual[name]
    ]
    told += [
        f"only {name} {value}"
        for name in ("tenant", "customer", "version", "item", "currency", "route")
        if (value := getattr(injection.only, name))
    ]
    about = escape(FAULTS[injection.fault].about)
    return f"""<tr><td><code>{escape(injection.fault)}</code><p class="muted">{about}</p></td>
<td>{escape(", ".join(told))}</td></tr>"""


def _shown(injection: Injection, name: str, value: object) -> str:
    kind = FAULTS[injection.fault].parameters[name].kind
    if kind == DURATION and isinstance(value, int | float):
        return write_duration(value)
    if kind == SIZE and isinstance(value, int | float):
        return f"{value / 1024 / 1024:g} MB"
    return f"{value:g}" if isinstance(value, float) else str(value)


def _truth(scenario: Scenario) -> str:
    truth = scenario.truth
    if not truth.detected or truth.cause is None:
        return "<p>Nobody should be told: every incident about it is a false alarm.</p>"
    accepted = "".join(f"<dt>also right</dt><dd>{_cause(cause)}</dd>" for cause in truth.accepted)
    return f"""<dl><dt>cause</dt><dd>{_cause(truth.cause)}</dd>{accepted}
<dt>detected within</dt><dd>{write_duration(truth.within_s)}</dd>
<dt>messages at most</dt><dd>{truth.most_notifications}</dd></dl>"""


def _cause(cause: Cause) -> str:
    fields = [
        f"{name} <b>{escape(value)}</b>"
        for name in ("function", "resource", "attribute", "value", "version", "owner")
        if (value := getattr(cause, name))
    ]
    return f"<code>{escape(cause.kind)}</code> {', '.join(fields)}"


def render_failure(sentence: str) -> str:
    """A page that says what went wrong."""
    return _page("The playground", f'<p>{escape(sentence)}</p><p><a href="/">← all of the playground</a></p>', "")


def _page(title: str, body: str, aside: str, *, refresh: bool = False) -> str:
    again = f'<meta http-equiv="refresh" content="{REFRESH_S}">' if refresh else ""
    head = f"""<meta charset="utf-8"><title>{escape(title)}</title>{again}
<meta name="viewport" content="width=device-width, initial-scale=1"><meta name="color-scheme" content="light dark">
<link rel="stylesheet" href="/style.css">"""
    header = f"""<header><p class="name"><a href="/">The playground</a></p>
<p class="muted">a small shop on a local AWS, in which things go wrong on purpose</p>
<p class="aside">{aside}</p></header>"""
    return f'<!doctype html>\n<html lang="en"><head>{head}</head><body>{header}<main>{body}</main></body></html>\n'


def _clock(moment_s: float) -> str:
    return time.strftime("%H:%M:%S", time.gmtime(moment_s))


def _ago(seconds: float) -> str:
    return f"{write_duration(_round(seconds))} ago" if seconds >= 1 else "just now"


def _within(seconds: float) -> str:
    return f"in {write_duration(_round(seconds))}" if seconds >= 1 else "any moment now"


def _round(seconds: float) -> float:
    return round(seconds) if seconds < 600 else round(seconds / 60) * 60
