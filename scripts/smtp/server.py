#!/usr/bin/env python3
"""An SMTP server for tests, on five loopback ports: plain, STARTTLS, TLS at once, one whose certificate names another host, one that wants a login
without offering one. The first word of a receiver's address says how its message ends: see RCPT and DATA below. Everything else is taken."""

import asyncio
import itertools
import os
import pathlib
import signal
import ssl
import sys

from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword

FOLDER = pathlib.Path(sys.argv[1])
NUMBERS = itertools.count(1)
LOGIN = (b"shop@localhost.example", b"right password")

RCPT = {
    "unknown": "550 5.1.1 User unknown",
    "full": "452 4.2.2 Mailbox full",
    "grey": "451 4.7.1 Greylisted, try again in 300 seconds",
    "relay": "554 5.7.1 Relay access denied",
    "closing": "421 4.3.2 Service not available",
}
DATA = {
    "spam": "554 5.7.1 Message looks like spam",
    "later": "451 4.3.0 Try again later",
    "large": "552 5.3.4 Message too big",
}


class Handler:
    connections = 0

    async def handle_MAIL(self, server, session, envelope, address, options):
        if address.startswith("foreign"):
            return "553 5.7.1 Sender address rejected: not owned by user"
        envelope.mail_from = address
        return "250 2.1.0 Ok"

    async def handle_RCPT(self, server, session, envelope, address, options):
        refusal = RCPT.get(address.split("@")[0].split("-")[0])
        if refusal:
            return refusal
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 Ok"

    async def handle_DATA(self, server, session, envelope):
        word = envelope.rcpt_tos[0].split("@")[0].split("-")[0]
        if word in DATA:
            return DATA[word]
        if word == "silent":
            # Taken, and the answer never comes.
            self.keep(session, envelope)
            await asyncio.sleep(20)
        if word == "cut":
            self.keep(session, envelope)
            server.transport.close()
            return "250 2.0.0 never seen"
        return f"250 2.0.0 Ok: queued as {self.keep(session, envelope)}"

    def keep(self, session, envelope):
        number = next(NUMBERS)
        head = "".join(
            f"{name}: {value}\r\n"
            for name, value in [
                ("X-Envelope-From", envelope.mail_from),
                ("X-Envelope-To", ",".join(envelope.rcpt_tos)),
                ("X-Envelope-Peer", session.peer[1]),
                ("X-Envelope-Hello", session.host_name),
                ("X-Envelope-Secure", "yes" if session.ssl else "no"),
                ("X-Envelope-Login", "yes" if session.authenticated else "no"),
            ]
        )
        part = FOLDER / "mail" / f".{number}"
        part.write_bytes(head.encode() + envelope.original_content)
        part.rename(FOLDER / "mail" / f"{number}.eml")
        return number


def authenticate(server, session, envelope, mechanism, data):
    right = isinstance(data, LoginPassword) and (data.login, data.password) == LOGIN
    return AuthResult(success=right, handled=False, message=None if right else "535 5.7.8 Error: authentication failed")


def secure(name):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(FOLDER / f"{name}.pem", FOLDER / f"{name}.key")
    return context


async def main():
    loop = asyncio.get_running_loop()
    common = {"hostname": "localhost", "enable_SMTPUTF8": False, "data_size_limit": 20_000_000}
    login = {"authenticator": authenticate, "auth_required": True}

    def smtp(**more):
        return lambda: SMTP(Handler(), loop=loop, **common, **more)

    kinds = {
        "PLAIN": (smtp(), None),
        "STARTTLS": (smtp(tls_context=secure("localhost"), require_starttls=True, **login), None),
        # It takes TLS for given that it does not see itself.
        "TLS": (smtp(auth_require_tls=False, **login), secure("localhost")),
        "ELSEWHERE": (smtp(tls_context=secure("elsewhere.example")), None),
        "NOLOGIN": (smtp(auth_exclude_mechanism=["PLAIN", "LOGIN"], auth_require_tls=False, **login), secure("localhost")),
    }
    lines, servers = [], []
    for name, (make, context) in kinds.items():
        server = await loop.create_server(make, "127.0.0.1", 0, ssl=context)
        servers.append(server)
        lines.append(f"{name}={server.sockets[0].getsockname()[1]}")
    part = FOLDER / ".env"
    part.write_text("\n".join(lines) + "\n")
    part.rename(FOLDER / "env")
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    await stop.wait()
    for server in servers:
        server.close()


os.umask(0o077)
asyncio.run(main())
