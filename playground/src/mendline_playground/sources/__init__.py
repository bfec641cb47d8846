"""Event sources: what Lambda's pollers do for queues and streams, and EventBridge for schedules.

Each mapping that the local AWS has (CreateEventSourceMapping) is followed: batch size, window, partial responses, and
of streams retries, bisecting, maximum age and destination. Changes of a mapping take effect within a second or so.
"""

from mendline_playground.sources.mappings import Mappings
from mendline_playground.sources.schedule import Schedule, Scheduler, scheduled_event

__all__ = ["Mappings", "Schedule", "Scheduler", "scheduled_event"]
