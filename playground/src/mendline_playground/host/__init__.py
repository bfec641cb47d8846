"""A local Lambda: the real Python runtime client under our own Runtime API, environments and log lines."""

from mendline_playground.host.environment import Environment
from mendline_playground.host.front import InvokeFront
from mendline_playground.host.function import Function
from mendline_playground.host.invocation import Result
from mendline_playground.host.logs import LogEvent
from mendline_playground.host.service import Host, UnknownFunctionError

__all__ = ["Environment", "Function", "Host", "InvokeFront", "LogEvent", "Result", "UnknownFunctionError"]
