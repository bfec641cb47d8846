"""The parts of docs/scenarios.md that are made from the code: faults, kinds, owners, and the scenarios themselves."""

import textwrap
from collections.abc import Sequence

from mendline_playground.scenario.faults import DURATION, FAULTS, Parameter
from mendline_playground.scenario.scenario import KINDS, OWNERS, Scenario
from mendline_playground.scenario.units import write_duration


def parts(scenarios: Sequence[Scenario]) -> dict[str, str]:
    """Each part by the word in the comment before it."""
    return {
        "faults": _faults(),
        "kinds": _words(KINDS),
        "owners": _words(OWNERS),
        "scenarios": _scenarios(scenarios),
    }


def _words(words: Sequence[str]) -> str:
    return "\n".join(textwrap.wrap(" ".join(f"`{word}`" for word in words), 120))


def _faults() -> str:
    rows = ["| fault | what it does | what it is told | live |", "|---|---|---|---|"]
    for name, fault in FAULTS.items():
        told = "; ".join(_told(key, parameter) for key, parameter in fault.parameters.items())
        needed = f"; one of {', '.join(f'`{key}`' for key in fault.one_of)} at least" if fault.one_of else ""
        rows.append(f"| `{name}` | {fault.about} | {told}{needed} | {'yes' if fault.live else ''} |")
    return "\n".join(rows)


def _told(name: str, parameter: Parameter) -> str:
    kind = "" if parameter.kind == name else f" ({parameter.kind})"
    more = ""
    if parameter.required:
        more = ", must be there"
    elif parameter.default is not None:
        more = f", else {_shown(parameter)}"
    return f"`{name}`{kind}: {parameter.about}{more}"


def _shown(parameter: Parameter) -> str:
    if not isinstance(parameter.default, int | float):
        return f"`{parameter.default}`"
    return write_duration(parameter.default) if parameter.kind == DURATION else f"{parameter.default:g}"


def _scenarios(scenarios: Sequence[Scenario]) -> str:
    rows = ["| scenario | kind | detected | modes | what happens |", "|---|---|---|---|---|"]
    for scenario in scenarios:
        within = f"within {write_duration(scenario.truth.within_s)}" if scenario.truth.detected else "no: a control"
        modes = ", ".join(scenario.modes)
        rows.append(f"| `{scenario.name}` | `{scenario.kind}` | {within} | {modes} | {scenario.title} |")
    return "\n".join(rows)


def filled(page: str, scenarios: Sequence[Scenario]) -> str:
    """The page with every part as the code has it."""
    for word, text in parts(scenarios).items():
        before, start, rest = page.partition(f"<!-- {word}")
        comment, _, after = rest.partition("-->")
        _, end, left = after.partition("<!-- end -->")
        page = f"{before}{start}{comment}-->\n\n{text}\n\n{end}{left}"
    return page
