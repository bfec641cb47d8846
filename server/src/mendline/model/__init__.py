"""The words of Mendline as types: functions, invocations, traces, spans. Pure: no clock, no input or output."""
