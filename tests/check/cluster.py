"""A cluster that answers with what a test wrote down, over HTTP."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Object = dict[str, Any]
Document = Object | list[Any]


@dataclass
class Answers:
    """What is asked for and not there is refused."""

    documents: Mapping[str, Document]
    """By path."""
    allowed: frozenset[str] = frozenset(("list", "watch"))
    """Verbs that reviews allow."""
    about_others: bool = True
    """Whether rights of other users may be asked for."""
    known: bool = True
    """Whether it knows who asks."""
    reviewed: list[Object] = field(default_factory=list)
    """The specs of reviews."""
    asked: list[str] = field(default_factory=list)
    """Paths with their queries."""

    def to(self, path: str, body: Object) -> tuple[int, Any]:
        if not self.known:
            return 401, {"message": "Unauthorized"}
        if "spec" in body:
            if body["kind"] == "SubjectAccessReview" and not self.about_others:
                return 403, {"message": "only administrators"}
            self.reviewed.append(body["spec"])
            allowed = body["spec"]["resourceAttributes"]["verb"] in self.allowed
            return 201, {**body, "status": {"allowed": allowed}}
        if path in self.documents:
            return 200, self.documents[path]
        return 403, {"message": f"refused: {path}"}


@contextmanager
def served(answers: Answers) -> Iterator[int]:
    """The port on which they are given."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._answer({})

        def do_POST(self) -> None:
            length = int(self.headers["content-length"])
            self._answer(json.loads(self.rfile.read(length)))

        def _answer(self, asked: Object) -> None:
            answers.asked.append(self.path)
            status, document = answers.to(self.path.partition("?")[0], asked)
            body = json.dumps(document).encode()
            self.send_response(status)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield server.server_port
        finally:
            server.shutdown()
            thread.join()
