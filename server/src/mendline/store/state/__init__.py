"""The state: projects, keys, sessions; small, relational, and read by commands while a server runs.

SQLite below the data directory today; nothing here but `engine.py` knows that, so that PostgreSQL can take its place.
"""

from mendline.store.state.agent_configs import load_agent_configs, save_agent_config
from mendline.store.state.alerting_rows import (
    add_silence,
    end_silence,
    forget_alerts,
    give_lease,
    load_alerts,
    load_silences,
    save_alerts,
    take_lease,
)
from mendline.store.state.boards import delete_board, load_boards, save_board
from mendline.store.state.engine import State, open_state, state_path
from mendline.store.state.error_marks import load_error_marks, save_error_mark
from mendline.store.state.incident_rows import (
    add_event,
    add_incident,
    find_incident,
    fold_incident,
    load_events,
    load_incidents,
    save_incident,
)
from mendline.store.state.keys import add_key, find_key, key_census, list_keys, revoke_key, touch_key
from mendline.store.state.learning_marks import add_learning_mark, delete_learning_mark, load_learning_marks
from mendline.store.state.named_documents import delete_document, load_documents, save_document
from mendline.store.state.outbox_rows import (
    DEAD,
    SENT,
    WAITING,
    Letter,
    count_letters,
    due_letters,
    hurry_letters,
    letters_of,
    post_letter,
    settle_letter,
    stuck_letters,
)
from mendline.store.state.projects import (
    DEFAULT_PROJECT,
    add_project,
    check_project_name,
    insert_project,
    list_projects,
)
from mendline.store.state.records import Key, KeyCensus, Project, SavedQuery, Scope, Session, SignInLink
from mendline.store.state.saved_queries import (
    add_query,
    change_query,
    clear_defaults,
    count_queries,
    delete_query,
    visible_queries,
)
from mendline.store.state.sessions import add_session, end_session, find_session, forget_expired, touch_session
from mendline.store.state.sign_in_links import add_link, find_link, use_link

__all__ = [
    "DEAD",
    "DEFAULT_PROJECT",
    "SENT",
    "WAITING",
    "Key",
    "KeyCensus",
    "Letter",
    "Project",
    "SavedQuery",
    "Scope",
    "Session",
    "SignInLink",
    "State",
    "add_event",
    "add_incident",
    "add_key",
    "add_learning_mark",
    "add_link",
    "add_project",
    "add_query",
    "add_session",
    "add_silence",
    "change_query",
    "check_project_name",
    "clear_defaults",
    "count_letters",
    "count_queries",
    "delete_board",
    "delete_document",
    "delete_learning_mark",
    "delete_query",
    "due_letters",
    "end_session",
    "end_silence",
    "find_incident",
    "find_key",
    "find_link",
    "find_session",
    "fold_incident",
    "forget_alerts",
    "forget_expired",
    "give_lease",
    "hurry_letters",
    "insert_project",
    "key_census",
    "letters_of",
    "list_keys",
    "list_projects",
    "load_agent_configs",
    "load_alerts",
    "load_boards",
    "load_documents",
    "load_error_marks",
    "load_events",
    "load_incidents",
    "load_learning_marks",
    "load_silences",
    "open_state",
    "post_letter",
    "revoke_key",
    "save_agent_config",
    "save_alerts",
    "save_board",
    "save_document",
    "save_error_mark",
    "save_incident",
    "settle_letter",
    "state_path",
    "stuck_letters",
    "take_lease",
    "touch_key",
    "touch_session",
    "use_link",
    "visible_queries",
]
