"""The server: Jupyter Server carrying this one extension, with every other address closed.

Our addresses stand before Jupyter's own and end in one that catches everything, so that contents, sessions, terminals,
metrics and whatever a later Jupyter adds are closed by construction and not by a list of what to close.
"""

from __future__ import annotations

import os
import signal
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader
from jupyter_server.extension.application import ExtensionApp
from jupyter_server.serverapp import ServerApp
from traitlets import Bool, Dict, Float, Integer, Unicode, default
from traitlets.config import Config
from voila.configuration import VoilaConfiguration
from voila.paths import collect_template_paths
from voila.static_file_handler import TemplateStaticFileHandler

from ecitizen import content
from ecitizen.folder import CourseFolder
from ecitizen.web import (
    announcements,
    board_live,
    board_look,
    catalogue,
    consultations,
    desk,
    entry,
    forum,
    full_page,
    guard,
    hub,
    indicators,
    journal_door,
    kiosk,
    lesson,
    marking,
    page_files,
    pages,
    people_pages,
    queue,
    results,
    room,
    successes,
    survey,
    survey_results,
    today,
    verify,
)
from ecitizen.web.channels import QuietChannels
from ecitizen.web.classroom import Classroom
from ecitizen.web.course import Course
from ecitizen.web.launches import LessonKernels, OwnPython
from ecitizen.web.rendering import Renderer
from ecitizen.web.standby import Standby
from ecitizen.web.visitor import DESK_IDLE_S, CardIdentity, OwnKernels

TEMPLATE = "ecitizen"
PING_MS, PONG_MS = 30_000, 45_000
"""Between two questions whether a page is there, and of silence after which its line is cut.

Jupyter counts the silence before the first question as well: were the two equal, no line would live for a minute.
"""

MAX_REQUEST_BYTES = 1024 * 1024
LONGEST_SOCKET_PATH = 100
"""Bytes that a Unix socket may have in its name, with a little to spare."""

_KERNEL = r"(?P<kernel_id>\w+-\w+-\w+-\w+-\w+)"
_OWN_STATIC = Path(__file__).parent / "static"


class CourseServer(ServerApp):
    """Jupyter Server without the configuration of whoever starts it, and with a quiet way to stop."""

    default_services = ()
    private_dir = Unicode(help="Folder for sockets, keys and IPython's files; goes with the server.").tag(config=True)

    @default("runtime_dir")
    def _default_runtime_dir(self) -> str:
        return str(self.private_dir)

    @default("no_browser_open_file")
    def _default_no_browser_open_file(self) -> bool:
        return True

    def load_config_file(self, suppress_errors: bool = True) -> None:
        """Read none: a setting made for somebody's notebooks must not open a class."""

    def init_httpserver(self) -> None:
        """Make the server that listens, with what guards it."""
        self.web_app.add_transform(guard.Hush)
        super().init_httpserver()
        guard.be_patient(self.http_server)

    def init_signal(self) -> None:
        """Stop at once on Ctrl-C as well; nobody is there to answer Jupyter's question."""
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: self.stop(from_signal=True))


class EcitizenApp(ExtensionApp):
    """The course as a Jupyter Server extension that is its own server."""

    name = "ecitizen"
    load_other_extensions = False
    serverapp_class = CourseServer
    extension_url = "/"

    data = Unicode(help="The course folder.").tag(config=True)
    demo = Dict(help="A card and PIN to show on the entry page; only for a synthetic class.").tag(config=True)
    content = Unicode(help="Root of the content; empty means that of the installation.").tag(config=True)
    hub = Bool(help="JupyterHub has started the server and lets instructors in.").tag(config=True)
    max_kernels = Integer(60, help="Lessons that may be open at once; 17 MB each.").tag(config=True)
    lesson = Unicode(help="A lesson to make ready for a class, before anybody opens it.").tag(config=True)
    learners = Integer(0, help="How many learners of that class will open it.").tag(config=True)
    spare_kernels = Integer(1, help="Kernels kept ready for the lesson opened last.").tag(config=True)
    reload_grace_s = Float(20, help="Seconds a kernel outlives its page: a reload.").tag(config=True)
    idle_s = Integer(120, help="Seconds after which a kernel ends whose page went away.").tag(config=True)
    desk_idle_s = Float(DESK_IDLE_S, help="Seconds of idleness after which the desk asks for a PIN.").tag(config=True)
    guest_grace_s = Integer(60, help="Seconds a guest's steps outlive the last page: a reload.").tag(config=True)

    @property
    def content_root(self) -> Path | None:
        """Give the root of the content; None means that of the installation."""
        return Path(self.content) if self.content else None

    @property
    def template_root(self) -> Path:
        """Give the Jupyter data folder that holds the template of lesson pages."""
        return content.folder("widgets", self.content_root) / "template"

    @classmethod
    def get_extension_package(cls) -> str:
        """Name the package that tells Jupyter where this class is."""
        return "ecitizen.web"

    def load_config_file(self, suppress_errors: bool = True) -> None:
        """Read none; see ``CourseServer``."""

    @classmethod
    def initialize_server(cls, argv: Any = None, load_other_extensions: bool = True, **words: Any) -> Any:
        """Make the server, behind the hub's proxy if the hub has started it."""
        if words["config"].EcitizenApp.get("hub"):
            words["config"].merge(Config(hub.server_settings(hub.service())))
        return super().initialize_server(argv, load_other_extensions, **words)

    def initialize_settings(self) -> None:
        """Open the classroom and prepare Voila."""
        kernels: LessonKernels = self.settings["kernel_manager"]
        self.classroom = Classroom(CourseFolder.open(Path(self.data)), kernels.launches, Course(self.content_root))
        self.classroom.guest_grace_s = self.guest_grace_s
        self.serverapp.identity_provider.desk_idle_s = self.desk_idle_s
        kernels.cull_idle_timeout, kernels.cull_interval = self.idle_s, max(1, self.idle_s // 4)
        # Voila looks for templates there, at every call.
        paths = [str(self.template_root), os.environ.get("JUPYTER_PATH", "")]
        os.environ["JUPYTER_PATH"] = os.pathsep.join(filter(None, paths))
        self.voila = VoilaConfiguration(
            parent=self.serverapp,
            template=TEMPLATE,
            allow_template_override="NO",
            allow_theme_override="NO",
            show_tracebacks=False,
            page_config_hook=_without_mathjax,
        )
        self.voila_paths = collect_template_paths(["voila", "nbconvert"], TEMPLATE)
        renderer = Renderer(self.settings, self.serverapp.base_url, self.voila, self.voila_paths, self.serverapp.config)
        self.standby = Standby(
            kernels,
            renderer,
            self.journal_url,
            self.classroom.course.stamp,
            max_kernels=self.max_kernels,
            grace_s=self.reload_grace_s,
            spare=self.spare_kernels,
        )
        self.settings.update(
            ecitizen_classroom=self.classroom,
            ecitizen_standby=self.standby,
            ecitizen_demo=dict(self.demo),
            ecitizen_hub=self.hub,
            voila_jinja2_env=Environment(
                loader=FileSystemLoader(self.voila_paths), autoescape=True, extensions=["jinja2.ext.i18n"]
            ),
            ws_ping_interval=PING_MS,
            ws_ping_timeout=PONG_MS,
            login_url=self.serverapp.base_url,
            xsrf_cookie_kwargs={"path": self.serverapp.base_url, "samesite": "Lax"},
        )

    def initialize_handlers(self) -> None:
        """Name every address there is."""
        shared = self.template_root / "voila" / "templates" / TEMPLATE / "static"
        folders = {"folders": [_OWN_STATIC, shared, content.folder("widgets", self.content_root)]}
        self.handlers = [
            (guard.ODD_PATH, pages.NotFoundHandler),
            *(hub.ADDRESSES if self.hub else []),
            (r"/", entry.EntryHandler),
            (r"/guest", entry.GuestHandler),
            (r"/logout", entry.LogoutHandler),
            (r"/lessons", catalogue.CatalogueHandler),
            (r"/me", catalogue.MeHandler),
            (r"/help", catalogue.HelpHandler),
            (r"/survey", survey.SurveyHandler),
            (r"/survey/code", survey.CodeHandler),
            (r"/verify", verify.VerifyHandler),
            (r"/instructor", today.TodayHandler),
            (r"/instructor/attendance", today.AttendanceHandler),
            (r"/instructor/board", board_live.BoardHandler),
            (r"/instructor/board/events", board_live.BoardEventsHandler),
            (r"/instructor/class/([0-9]{1,9})", today.ClassHandler),
            (r"/instructor/consultations", consultations.ConsultationsHandler),
            (r"/instructor/consultations/([0-9]{1,9})", consultations.ConsultationHandler),
            (r"/instructor/consultations/([0-9]{1,9})/remove", consultations.RemoveHandler),
            (r"/instructor/consultations/([0-9]{1,9})/revert", consultations.RevertHandler),
            (r"/instructor/consultations/journal", consultations.JournalHandler),
            (r"/instructor/consultations/restore", consultations.RestoreHandler),
            (r"/instructor/help", desk.HelpedHandler),
            (r"/instructor/lesson", today.LessonOfDayHandler),
            (r"/instructor/login", entry.InstructorEntryHandler),
            *board_look.ADDRESSES,
            *marking.ADDRESSES,
            *people_pages.ADDRESSES,
            *results.ADDRESSES,
            *survey_results.ADDRESSES,
            *successes.ADDRESSES,
            *room.ADDRESSES,
            *indicators.ADDRESSES,
            *queue.ADDRESSES,
            *announcements.ADDRESSES,
            *forum.ADDRESSES,
            *kiosk.ADDRESSES,
            (r"/health", pages.HealthHandler),
            (r"/journal", journal_door.JournalHandler),
            (r"/lesson/([a-z0-9][a-z0-9-]*)", guard.GuardedLessonHandler),
            (r"/lesson/([a-z0-9][a-z0-9-]*)/place", lesson.PlaceHandler),
            (rf"/api/kernels/{_KERNEL}", lesson.OwnKernelHandler),
            (rf"/api/kernels/{_KERNEL}/channels", guard.GuardedChannelsHandler),
            (rf"/voila/api/shutdown/{_KERNEL}", lesson.ShutdownHandler),
            (rf"/voila/templates/({TEMPLATE}/static/.+)", TemplateStaticFileHandler),
            *full_page.ADDRESSES,
            (r"/course-static/(lesson-[0-9a-f]{16}\.(?:js|css))", page_files.PageFileHandler),
            (r"/course-static/(.+\.(?:css|js|svg|png|woff2))", pages.CourseFileHandler, folders),
            (r"/.*", pages.NotFoundHandler),
        ]

    def journal_url(self) -> str:
        """Give the address by which kernels, which run on this machine, reach the journal."""
        server = self.serverapp
        host = "127.0.0.1" if server.ip in ("", "*", "0.0.0.0", "::") else server.ip  # noqa: S104
        return f"http://{f'[{host}]' if ':' in host else host}:{server.port}{server.base_url}journal"

    async def _start_jupyter_server_extension(self, serverapp: Any) -> None:  # noqa: ARG002
        """Get ready for who comes first, and for the class that was named, now that the event loop runs."""
        self.standby.begin(self.lesson or self.classroom.course.lesson_ids()[0])
        if self.lesson and self.learners:
            self.standby.announce(self.lesson, self.learners)

    async def stop_extension(self) -> None:
        """Let go of the databases, after the kernels' last words."""
        try:
            await self.standby.close()
            await self.serverapp.cleanup_kernels()
        finally:
            self.classroom.close()


def server_settings(runtime: Path, lessons: Path) -> dict[str, dict[str, Any]]:
    """Give the settings of Jupyter's own classes; ``runtime`` is a private folder that goes with the server."""
    return {
        "ServerApp": {
            "allow_root": True,  # containers; learners can't run code
            "authorizer_class": OwnKernels,
            "contents_manager_class": "jupyter_server.services.contents.largefilemanager.LargeFileManager",
            "identity_provider_class": CardIdentity,
            "kernel_manager_class": LessonKernels,
            "kernel_spec_manager_class": OwnPython,
            "kernel_websocket_connection_class": QuietChannels,
            "log_level": "ERROR",
            "max_body_size": MAX_REQUEST_BYTES,
            "max_buffer_size": MAX_REQUEST_BYTES,
            "open_browser": False,
            "port_retries": 0,
            "root_dir": str(lessons),
            "tornado_settings": {"compress_response": True},
        },
        # A kernel that died would be an empty one: its page gets another, which has run the lesson.
        "AsyncIOLoopKernelRestarter": {"restart_limit": 0},
        "CourseServer": {"private_dir": str(runtime)},
        "KernelManager": {"transport": _transport(runtime)},
        "NotebookNotary": {"data_dir": str(runtime), "db_file": ":memory:"},
        "VoilaExecutor": {"cell_error_instruction": ""},
    }


def _transport(runtime: Path) -> str:
    """Choose sockets in the private folder; TCP ports of 127.0.0.1 are open to every user of the machine."""
    longest = runtime / f"kernel-{'0' * 36}-ipc-5"
    return "ipc" if os.name == "posix" and len(os.fsencode(longest)) < LONGEST_SOCKET_PATH else "tcp"


def _without_mathjax(page_config: dict[str, Any], **_kwargs: Any) -> dict[str, Any]:
    """Take the one foreign address out that Voila puts into every page."""
    return page_config | {"fullMathjaxUrl": "", "mathjaxConfig": ""}
