"""E-mail over SMTP. The message's id is its key, so that a repeat is known; replies go into one thread."""

from __future__ import annotations

import smtplib
import socket
import ssl
from collections.abc import Mapping
from email.message import EmailMessage

from mendline.alerting.picture import cascade_svg
from mendline.alerting.receivers.addresses import place_of
from mendline.alerting.receivers.catalogue import addresses_of
from mendline.alerting.receivers.outcome import Delivered, Outcome
from mendline.model.message import Message
from mendline.model.policy import Receiver

_TIMEOUT_S = 10.0
_PORTS = {"tls": 465, "starttls": 587, "none": 25}
_MOST_SUBJECT = 200


def send(receiver: Receiver, options: Mapping[str, str], message: Message, *, timeout_s: float = _TIMEOUT_S) -> Outcome:
    """Send it to all of the receiver's addresses. Raises OSError, UsageError."""
    tls = options.get("tls", "starttls")
    port = int(receiver.options.get("port") or _PORTS[tls])
    host = options["host"]
    address = place_of(host, port, allow_private=receiver.allow_private)
    try:
        with _Smtp(host, port, address, tls, timeout_s) as server:
            if tls == "starttls":
                server.starttls(context=ssl.create_default_context())
            if options.get("username"):
                server.login(options["username"], options.get("password", ""))
            refused = server.send_message(mail_of(receiver, message))
    except smtplib.SMTPResponseException as error:
        later = 400 <= error.smtp_code < 500
        said = f"The mail server answered {error.smtp_code}."
        return Outcome(Delivered.NO if later else Delivered.NEVER, said)
    except smtplib.SMTPRecipientsRefused:
        return Outcome(Delivered.NEVER, "The mail server took none of the addresses.")
    except smtplib.SMTPException as error:
        return Outcome(Delivered.NO, f"The mail server does not speak as it should ({type(error).__name__}).")
    return Outcome(Delivered.YES, f"{len(refused)} addresses were refused." if refused else "")


def mail_of(receiver: Receiver, message: Message) -> EmailMessage:
    """The mail. Headers have no line breaks, whatever a title holds."""
    mail = EmailMessage()
    mail["From"] = receiver.options["from"]
    mail["To"] = ", ".join(addresses_of(receiver))
    mark = "over" if message.is_over else message.severity
    mail["Subject"] = " ".join(f"[{mark}] {message.title}".split())[:_MOST_SUBJECT]
    mail["Message-ID"] = f"<{message.key}@mendline>"
    mail["References"] = f"<{message.thread}@mendline>"
    mail["Auto-Submitted"] = "auto-generated"
    mail.set_content(f"{message.text}\n\n{message.url}".rstrip() + "\n")
    picture = "" if message.is_over else cascade_svg(str(message.content.get("cascade", "")))
    if picture:
        mail.add_attachment(picture.encode(), maintype="image", subtype="svg+xml", filename="cascade.svg")
    return mail


class _Smtp(smtplib.SMTP):
    """To one address, whatever the name leads to by now."""

    def __init__(self, host: str, port: int, address: str, tls: str, timeout_s: float) -> None:
        self._place, self._tls, self._name = address, tls, host
        super().__init__(host, port, timeout=timeout_s)

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        found = socket.create_connection((self._place, port), timeout)
        if self._tls != "tls":
            return found
        return ssl.create_default_context().wrap_socket(found, server_hostname=self._name)
