"""What the web server runs: an RSGI application whose event loop answers what it can, and asks Django for the rest."""

import asyncio
import io
import logging
import os
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "trustsite.settings")
os.environ["IN_REQUESTS"] = "on"  # somebody waits: short limits on every wait, see the settings
django_application = get_wsgi_application()

from analytics.visits import visits  # noqa: E402  needs the settings
from trustsite.web.serving import django_threads  # noqa: E402  needs the settings
from trustsite.web.serving.django_threads import BusyError, DjangoThreads, GoneError  # noqa: E402
from trustsite.web.serving.edge import ADMIN, BASE_ENVIRON, Edge, Environ  # noqa: E402
from trustsite.web.serving.request_body import Refused, RequestBodies  # noqa: E402
from trustsite.web.serving.stored_answer import Answer  # noqa: E402
from trustsite.web.serving.traffic import Traffic, forget  # noqa: E402

MAX_HEADERS = 16 * 1024  # characters of all headers
MAX_ADDRESS = 8 * 1024  # characters of path and query
ALONE = {"host", "content-type", "content-length"}  # headers that come once
SAFE = {"GET", "HEAD"}
METHODS = {*SAFE, "POST"}  # that any address takes
FOR_MONITORS = {"/readyz", "/metrics"}

logger = logging.getLogger("trustsite")


class Application:
    """One worker's application; the main process makes it before it forks the workers, so it opens nothing yet."""

    def __init__(self, application: Callable[..., Any]) -> None:
        self.edge = Edge(application, visits())
        self.edge.prepare()
        self.bodies = RequestBodies()
        self.traffic = Traffic()
        self.making: dict[str, asyncio.Future[None]] = {}  # pages that are being made, by path
        self.waiting = 0  # requests, for a page that another one has made

    def warm_up(self, within: float, is_over: Callable[[], bool]) -> None:
        """Have the pages made that workers kept before, while those still answer."""
        self.edge.refresher.warming.make_ahead(within, is_over)

    def forget_pages(self) -> None:
        """Forget those pages: the workers have them."""
        self.edge.cache.clear()

    def __rsgi_init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.edge.start()
        self.threads = DjangoThreads(self.edge.watch.guard_thread)
        if settings.METRICS_TOKEN:
            forget(settings.TRAFFIC_DIR)
            self.traffic.keep_in(settings.TRAFFIC_DIR)

    def __rsgi_del__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.threads.close()
        self.edge.stop()

    async def __rsgi__(self, scope: Any, protocol: Any) -> None:
        method, headers = scope.method, scope.headers
        if method in SAFE:
            answer = self.quick(scope, method, headers)
        else:
            get = headers.get
            answer = self.edge.nowhere(get("host", ""), scope.path, get("accept-encoding", ""))
        if answer is not None:
            by = "file" if scope.path.startswith(self.edge.static_address) else "memory"
            self.traffic.add(by, answer.status, len(answer.body))
            send(protocol, answer)
            return
        await self.ask(scope, protocol)

    def quick(self, scope: Any, method: str, headers: Any) -> Answer | None:
        """Return an answer that needs nobody else."""
        get = headers.get
        scheme = scope.scheme
        if self.edge.trusts_proxy:
            scheme = get("x-forwarded-proto") or scheme
        return self.edge.quick(
            method,
            scope.path,
            scope.query_string,
            get("host", ""),
            scheme,
            get("accept-encoding", ""),
            get("if-none-match", ""),
            get,
        )

    async def ask(self, scope: Any, protocol: Any) -> None:
        """Answer a request that Django, or a page that says why not, must answer."""
        status = 500
        try:
            answer = await self.answer(scope, protocol)
            self.traffic.add("site", answer.status, len(answer.body))
            send(protocol, answer)
            return
        except Refused as refused:
            status = refused.status
        except BusyError:
            status = 503
        except GoneError:
            return
        except Exception:
            logger.exception("A request could not be answered.")
        accepted = scope.headers.get("accept-encoding", "")
        refusal = self.edge.refusal(status, scope.method, accepted, scope.path)
        self.traffic.add("refused", status, len(refusal.body))
        send(protocol, refusal)

    async def answer(self, scope: Any, protocol: Any) -> Answer:
        """Return Django's answer."""
        environ = environ_of(scope)
        # A monitor on this machine knows no name of ours.
        if scope.path not in FOR_MONITORS and not self.edge.knows_host(
            environ.get("HTTP_HOST", "")
        ):
            raise Refused(421)
        if scope.method not in METHODS:
            raise Refused(405)
        length = environ.get("CONTENT_LENGTH")
        if "HTTP_TRANSFER_ENCODING" in environ or length not in {None, "", "0"}:
            body = await self.bodies.read(protocol, length, scope.path)
            environ["wsgi.input"], environ["CONTENT_LENGTH"] = io.BytesIO(body), str(len(body))
        is_admin = scope.path.startswith(ADMIN)
        if scope.method == "GET" and not (is_admin or scope.query_string):
            return await self.page(scope, protocol, environ)
        return await self.django(environ, protocol, scope.method in SAFE and not is_admin, is_admin)

    async def django(
        self, environ: Environ, protocol: Any, is_page: bool, is_admin: bool = False
    ) -> Answer:
        """Ask Django, in one of its threads."""
        within = django_threads.ANSWER_WITHIN_ADMIN if is_admin else django_threads.ANSWER_WITHIN
        return await self.threads.run(
            lambda: self.edge.respond(environ),
            protocol.client_disconnect,
            is_form=not is_page,
            within=within,
        )

    async def page(self, scope: Any, protocol: Any, environ: Environ) -> Answer:
        """Return a page. Of many who ask for it at once one has it made, and the others wait for that one time."""
        path = scope.path
        if first := self.making.get(path):
            if self.waiting >= django_threads.MAX_WAITING:
                raise BusyError
            self.waiting += 1
            try:
                await asyncio.wait([first], timeout=django_threads.MAX_WAIT)
            finally:
                self.waiting -= 1
            answer = self.quick(scope, scope.method, scope.headers)
            return answer or await self.django(environ, protocol, is_page=True)
        self.making[path] = asyncio.get_running_loop().create_future()
        try:
            return await self.django(environ, protocol, is_page=True)
        finally:
            self.making.pop(path).set_result(None)


def environ_of(scope: Any) -> Environ:
    """Return a request as Django reads it. What no honest browser sends is refused."""
    path, query, items = scope.path, scope.query_string, scope.headers.items()
    if len(path) + len(query) > MAX_ADDRESS:
        raise Refused(431)
    if sum(len(name) + len(value) for name, value in items) > MAX_HEADERS:
        raise Refused(431)
    server, _, port = scope.server.rpartition(":")
    environ = BASE_ENVIRON | {
        "REQUEST_METHOD": scope.method,
        "SCRIPT_NAME": "",
        "PATH_INFO": path.encode().decode("latin-1"),
        "QUERY_STRING": query,
        "SERVER_NAME": server.strip("[]"),
        "SERVER_PORT": port,
        "SERVER_PROTOCOL": f"HTTP/{scope.http_version}",
        "REMOTE_ADDR": scope.client.rpartition(":")[0].strip("[]"),
        "wsgi.url_scheme": scope.scheme,
        "wsgi.input": io.BytesIO(),
    }
    for name, value in items:
        _add_header(environ, name, value)
    return environ


def _add_header(environ: Environ, name: str, value: str) -> None:
    if "_" in name:  # X_Forwarded_For would stand where the proxy's own X-Forwarded-For stands
        return
    if not value.isprintable() and not value.replace("\t", "").isprintable():
        raise Refused(400)
    key = name.upper().replace("-", "_")
    if name not in {"content-type", "content-length"}:
        key = f"HTTP_{key}"
    if key not in environ:
        environ[key] = value
    elif name in ALONE:
        raise Refused(400)
    else:
        environ[key] += (";" if name == "cookie" else ",") + value


def send(protocol: Any, answer: Answer) -> None:
    """Send an answer; whoever has left meanwhile doesn't get it."""
    try:
        if answer.body:
            protocol.response_bytes(answer.status, answer.headers, answer.body)
        else:
            protocol.response_empty(answer.status, answer.headers)
    except RuntimeError:  # `suppress` would cost as much as finding a kept page
        pass


application = Application(django_application)
