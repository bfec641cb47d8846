"""The tables of chaos experiments and game days, as SQLAlchemy knows them; documents are JSON."""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, Index, Integer, String, Table, Text

from mendline.store.state.alerting_tables import by_name, of_project
from mendline.store.state.tables import METADATA, UtcTime

experiments = by_name("experiments")

experiment_runs = Table(
    "experiment_runs",
    METADATA,
    Column("id", Integer, primary_key=True),
    of_project(),
    Column("experiment", String(100), nullable=False),
    Column("state", String(16), nullable=False),
    Column("starts", UtcTime, nullable=False),
    Column("ends", UtcTime, nullable=False),
    Column("changed", UtcTime, nullable=False),
    Column("document", Text, nullable=False),
    Index("ix_experiment_runs_starts", "project", "starts"),
    Index("ix_experiment_runs_state", "project", "state"),
    sqlite_autoincrement=True,
)

allotments = Table(
    "experiment_allotments",
    METADATA,
    Column("run", Integer, ForeignKey("experiment_runs.id"), primary_key=True, autoincrement=False),
    Column("environment", String(64), primary_key=True),
    Column("granted", Integer, nullable=False),
    Column("used", Integer, nullable=False),
    Column("changed", UtcTime, nullable=False),
)

halts = Table(
    "experiment_halts",
    METADATA,
    of_project(key=True),
    Column("at", UtcTime, nullable=False),
    Column("by", String(100), nullable=False),
    Column("reason", String(500), nullable=False),
)

game_days = by_name("game_days")

game_day_runs = Table(
    "game_day_runs",
    METADATA,
    Column("id", Integer, primary_key=True),
    of_project(),
    Column("game_day", String(100), nullable=False),
    Column("state", String(16), nullable=False),
    Column("starts", UtcTime, nullable=False),
    Column("document", Text, nullable=False),
    Index("ix_game_day_runs_state", "project", "state"),
    sqlite_autoincrement=True,
)

game_day_entries = Table(
    "game_day_entries",
    METADATA,
    Column("id", Integer, primary_key=True),
    of_project(),
    Column("run", Integer, ForeignKey("game_day_runs.id"), nullable=False),
    Column("at", UtcTime, nullable=False),
    Column("kind", String(16), nullable=False),
    Column("text", Text, nullable=False),
    Column("by", String(100), nullable=False),
    Index("ix_game_day_entries_run", "project", "run"),
    sqlite_autoincrement=True,
)
