"""Where people are told. Each type is a module that knows its options, and how a message is said there."""

from __future__ import annotations

from mendline.alerting.receivers.catalogue import TYPES, check_receiver
from mendline.alerting.receivers.outcome import Delivered, Outcome
from mendline.alerting.receivers.send import deliver

__all__ = ["TYPES", "Delivered", "Outcome", "check_receiver", "deliver"]
