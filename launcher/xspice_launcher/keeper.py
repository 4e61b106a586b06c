"""The keeper: parent of Xorg and of the session, in that order of birth and the reverse order of death."""
import os
import time
from collections.abc import Callable

from . import control, entrances, files, limits, network, processes, report, session, ticket, viewer_file, watch
from .errors import OperatorError, StopRequested
from .settings import Settings
from .xorg import Xorg, find_module_path, how_it_ended

Notify = Callable[[str], object]

_SESSION_GRACE = 3.0  # seconds for programs to save what they have
_XORG_GRACE = 5.0
STATUS_SERVER_ENDED = 1


class Keeper:
    """run() is the whole life of one display; it returns the exit status.

    `notify` is called with 'display N' as soon as N is known, with 'ready', with 'clients N' when one has come or
    gone, and with 'stopping'.
    """

    def __init__(self, settings: Settings, secrets: ticket.Secrets, run_directory: files.RunDirectory,
                 notify: Notify) -> None:
        self._settings = settings
        self._secrets = secrets
        self._files = run_directory
        self._notify = notify
        self._signals = self._make_signals()
        self._entrances = entrances.Entrances(settings)
        self._tls_directory = tls_directory(settings)
        self._authority_file = authority_file(settings, self._tls_directory)
        self._xorg = Xorg(settings, run_directory, self._signals, self._authority_file)
        self._session = self._make_session()
        self._limits: limits.Limits
        self._control = watch.Watch(self._note_clients)

    def _make_signals(self) -> processes.Signals:
        return processes.Signals()

    def _make_session(self) -> session.Session:
        """Raises OperatorError."""
        return session.Session(self._settings, self._files, self._signals)

    def run(self) -> int:
        try:
            try:
                self._files.create()
                self._start()
                return self._watch()
            finally:
                self._end()
        except OperatorError as error:
            report.problem(self._settings.blame(str(error)))
            return error.status
        except StopRequested:
            return 0  # the front knows which signal it was

    def _start(self) -> None:
        if self._settings.tls_auto and self._tls_directory != self._settings.x509_dir:
            files.make_private_directory(self._tls_directory)
        self._entrances.choose()
        self._xorg.claim()
        self._notify(f"display {self._xorg.display}")
        found = driver_values(self._entrances, self._tls_directory) | self._write_secrets()
        self._xorg.start(found, self._entrances_to_try())
        self._remove_secrets()
        for passed in self._settings.inherited:
            os.close(passed.descriptor)
        self._publish_control()
        self._session.prepare(self._session_display())
        self._limits = limits.Limits(self._settings, time.monotonic())
        self._listen_to_control()
        self._announce()
        self._session.start()
        self._notify("ready")

    def _entrances_to_try(self) -> list[entrances.Entrance]:
        """Those by which clients can connect when it says that it is ready."""
        return self._entrances.all()

    def _listen_to_control(self) -> None:
        self._control.open(self._files.control_socket)

    def _publish_control(self) -> None:
        problem = self._files.publish_control(self._xorg.display)
        if problem:
            report.warning(problem)

    def _session_display(self) -> dict[str, str]:
        """The variables by which programs find the display."""
        return {"DISPLAY": f":{self._xorg.display}", "XAUTHORITY": self._xorg.authority_file,
                control.VARIABLE: self._files.control_path}

    def _announce(self) -> None:
        """Tells the user how to connect."""
        self._report_ready(self._write_viewer_file())

    def _write_viewer_file(self) -> str:
        """And what xspicectl makes further ones of."""
        path = self._files.viewer_path(self._xorg.display)
        contents = self._viewer_contents()
        files.write_private(path, viewer_file.text(contents))
        self._files.write(viewer_file.FACTS, viewer_file.facts(contents))
        return path

    def _write_secrets(self) -> dict[str, object]:
        """Where the driver reads each: in files, for it has no other place where nobody else can."""
        return {option: self._files.write(name, secret.encode() + b"\n") if secret is not None else None
                for option, name, secret in self._secret_files()}

    def _remove_secrets(self) -> None:
        for _, name, _ in self._secret_files():
            self._files.remove_file(name)

    def _secret_files(self) -> tuple[tuple[str, str, str | None], ...]:
        return (("--password-file", "ticket", self._secrets.ticket),
                ("--view-only-password-file", "view-only-ticket", self._secrets.view_only_ticket),
                ("--x509-key-password-file", "key-password", self._secrets.key_password))

    def _viewer_contents(self) -> viewer_file.Contents:
        identity = self._xorg.identity
        authority = None
        if identity and self._authority_file:
            try:
                with open(self._authority_file, encoding="ascii", errors="replace") as file:
                    authority = viewer_file.certificates(file.read()) or None
            except OSError as error:
                report.warning(f"--cacert-file {self._authority_file}: {error.strerror}; the .vv file is without it")
        return viewer_file.Contents(
            entrances=self._entrances.all(), title=self._settings.name, ticket=self._viewers_ticket(),
            authority=authority, host_subject=identity.subject if identity else None,
            secure_channels=self._settings.secure_channels)

    def _viewers_ticket(self) -> str | None:
        return self._secrets.ticket

    def _report_ready(self, viewer_path: str) -> None:
        settings, bound = self._settings, self._entrances.bound()
        local = not bound or network.is_local_only(tuple(entrance.host for entrance in bound))
        report.ready(report.Ready(
            display=self._xorg.display, bound=bound, entrances=self._entrances.all(), local_only=local,
            addresses_given="--addr" in settings.given or bool(settings.inherited), viewer_file=viewer_path,
            password=how_clients_prove_themselves(settings, self._secrets, bool(bound))))
        if self._xorg.identity and self._xorg.identity.distrust:
            report.warning(f"clients will not trust the certificate: {self._xorg.identity.distrust}; "
                           "give the authority that signed it with --cacert-file, or renew it")
        exposed = next((entrance for entrance in bound
                        if not entrance.tls and not network.is_local_only((entrance.host,))), None)
        if exposed and self._secrets.ticket is not None and "all" not in settings.secure_channels:
            remedy = "--secure-channels all forbids that" if self._entrances.encrypted else "--tls-auto encrypts it"
            report.warning(f"{exposed.host} port {exposed.port}: what crosses the network there is not encrypted, and "
                           f"the password only weakly; {remedy}")

    def _watch(self) -> int:
        while True:
            ended = processes.reap()
            self._xorg.note_ended(ended)
            self._session.note_ended(ended)
            if self._session.status is not None:
                return exit_status(self._session.status)
            if self._xorg.status is not None:
                self._report_end_of_server()
                return STATUS_SERVER_ENDED
            if self._session.bus_status is not None:
                report.problem(f"the message bus of :{self._xorg.display} ended: {self._session.why_bus_ended()}; "
                               "no desktop goes on without it")
                return STATUS_SERVER_ENDED
            why = "as was asked for (xspicectl quit)" if self._control.quit else self._limits.why_end(time.monotonic())
            if why:
                report.ending(self._xorg.display, why)
                return 0
            if self._signals.wait(self._limits.left(time.monotonic()), self._control.descriptor):
                self._control.poll()

    def _note_clients(self, count: int) -> None:
        if count != self._limits.clients:
            self._limits.note_clients(count, time.monotonic())
            self._notify(f"clients {count}")

    def _report_end_of_server(self) -> None:
        report.problem(f"the X server of :{self._xorg.display} ended: {how_it_ended(self._xorg.status)}"
                       + (f"; see {self._settings.log_file}" if self._settings.log_file
                          else "; --log-file FILE keeps its log"))

    def _end(self) -> None:
        """The session first, while its programs still have a display and their bus; then these; then the files."""
        self._notify("stopping")
        self._control.close()
        self._files.remove_names()
        servers = [pid for pid in (self._session.bus, self._xorg.pid) if pid is not None]
        for number in range(len(servers)):
            processes.end_descendants(but=frozenset(servers[number:]), grace=_SESSION_GRACE)
        processes.end_descendants(grace=_XORG_GRACE)
        self._xorg.release()
        self._files.remove()
        self._entrances.release()


def tls_directory(settings: Settings) -> str | None:
    """Where the certificates are. With --tls-auto alone: a directory of ours."""
    if settings.tls_auto and not settings.x509_dir:
        return files.state_directory(os.environ)
    return settings.x509_dir


def authority_file(settings: Settings, directory: str | None) -> str | None:
    if settings.cacert_file or not directory:
        return settings.cacert_file
    file = os.path.join(directory, "ca-cert.pem")
    return file if settings.tls_auto or os.path.exists(file) else None


def driver_values(found: entrances.Entrances, directory: str | None) -> dict[str, object]:
    """What xorg_conf.text() cannot take from the settings as they are; passwords are not among it."""
    return {"--port": found.port, "--tls-port": found.tls_port or None, "--addr": found.addresses,
            "--x509-dir": directory}


def how_clients_prove_themselves(settings: Settings, secrets: ticket.Secrets, ports: bool) -> str:
    if settings.sasl:
        return "asked by SASL"
    if secrets.ticket is None:
        return "none: whoever reaches the port gets in" if ports else "none: the socket is for this user only"
    if settings.password_file:
        return "as in the password file"
    return "as in the .vv file" if report.goes_to_the_journal() else secrets.ticket


def exit_status(wait_status: int) -> int:
    """As a shell reports it."""
    code = os.waitstatus_to_exitcode(wait_status)
    return 128 - code if code < 0 else code


def check_before_start(settings: Settings) -> None:
    """What can be known to be wrong without starting anything. Raises OperatorError."""
    find_module_path(settings)
    if not os.access(settings.xorg, os.X_OK) or os.path.isdir(settings.xorg):
        raise OperatorError(f"--xorg {settings.xorg}: no such program; install xserver-xorg-core, or name the program")
    session.choose(settings, os.environ)
    entrances.Entrances(settings)
    for name, path in (("--cacert-file", settings.cacert_file), ("--x509-cert-file", settings.x509_cert_file),
                       ("--x509-key-file", settings.x509_key_file), ("--dh-file", settings.dh_file)):
        if path and not (os.path.isfile(path) and os.access(path, os.R_OK)):
            raise OperatorError(f"{name} {path}: no file that can be read; name one in PEM")
    if settings.x509_dir and not settings.tls_auto and not os.path.isdir(settings.x509_dir):
        raise OperatorError(f"--x509-dir {settings.x509_dir}: no such directory; make it, or name another one")
    if settings.log_file and not _can_write(settings.log_file):
        raise OperatorError(f"--log-file {settings.log_file}: cannot be written; choose a file in a directory of yours")


def _can_write(path: str) -> bool:
    if os.path.exists(path):
        return os.path.isfile(path) and os.access(path, os.W_OK)
    return os.access(os.path.dirname(path), os.W_OK)
