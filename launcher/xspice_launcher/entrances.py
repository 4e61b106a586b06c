"""The ways into one display: which there are, and where a client on this machine finds them."""
from typing import NamedTuple

from . import network
from .errors import OperatorError
from .settings import Settings


class Entrance(NamedTuple):
    """`host` and `port`, or `path` of a Unix socket."""

    host: str = ""
    port: int = 0
    path: str = ""
    tls: bool = False


class Entrances:
    """What the settings ask for. After choose() the ports are known, free, and claimed until release().

    `port` and `tls_port`: 0 means none. `addresses`: of both; none without a port.
    """

    def __init__(self, settings: Settings) -> None:
        """Raises OperatorError when there is none."""
        self._settings = settings
        self._claims: list[network.PortClaim] = []
        addresses_given = "--addr" in settings.given
        other = settings.unix or settings.inherited
        self.encrypted = settings.tls_auto or bool(settings.tls_port) or _has_certificate(settings)
        # With --tls-auto TLS is spoken on inherited sockets, too; it takes no port then.
        self._wants_tls = bool(settings.tls_port) or (
            settings.tls_auto and (addresses_given or not settings.inherited))
        if settings.port is not None:
            self._wants_plain = settings.port != 0
        else:
            self._wants_plain = not self.encrypted and (addresses_given or not other)
        if not (self._wants_plain or self._wants_tls):
            if addresses_given:
                raise OperatorError(f'--addr {",".join(settings.addr)}: no port to listen on; '
                                    "give --port or --tls-port")
            if not other:
                raise OperatorError("--port 0: leaves no way in; give --tls-port, --tls-auto or --unix")
        self.addresses = settings.addr if self._wants_plain or self._wants_tls else ()
        self.port = self.tls_port = 0
        if self._wants_plain:
            self.port = settings.port or network.FIRST_PORT
        if self._wants_tls:
            self.tls_port = settings.tls_port or network.FIRST_PORT + (self.port == network.FIRST_PORT)

    def choose(self) -> None:
        """Until then the ports are those that a machine without other servers would give. Raises OperatorError."""
        if self._wants_plain:
            self.port = self._choose("--port", self._settings.port, None)
        if self._wants_tls:
            self.tls_port = self._choose("--tls-port", self._settings.tls_port, self.port)

    def _choose(self, option: str, wanted: int | None, taken: int | None) -> int:
        port, claim = network.choose_port(wanted or None, self.addresses, option=option,
                                          family=network.family_of(self._settings), taken=taken)
        if claim:
            self._claims.append(claim)
        return port

    def release(self) -> None:
        for claim in self._claims:
            claim.release()
        self._claims.clear()

    def all(self) -> list[Entrance]:
        """Plain TCP first, then TLS, then Unix sockets."""
        plain_inherited = "all" not in self._settings.secure_channels
        hosts = [network.connect_address((address,)) for address in self.addresses]
        found = [Entrance(host=host, port=self.port) for host in hosts if self.port]
        found += [Entrance(host=host, port=self.tls_port, tls=True) for host in hosts if self.tls_port]
        for inherited in self._settings.inherited:
            host = network.connect_address((inherited.host,))
            if inherited.port and plain_inherited:
                found.append(Entrance(host=host, port=inherited.port))
            if inherited.port and self.encrypted:
                found.append(Entrance(host=host, port=inherited.port, tls=True))
        found.sort(key=lambda entrance: entrance.tls)
        found += [Entrance(path=inherited.path) for inherited in self._settings.inherited if inherited.path]
        if self._settings.unix:
            found.append(Entrance(path=self._settings.unix))
        return found

    def bound(self) -> list[Entrance]:
        """As all(), with the addresses that are listened on instead of those to connect to, each once."""
        found = [Entrance(host=address, port=self.port) for address in self.addresses if self.port]
        found += [Entrance(host=address, port=self.tls_port, tls=True) for address in self.addresses if self.tls_port]
        return found + [Entrance(host=inherited.host, port=inherited.port) for inherited in self._settings.inherited
                        if inherited.port]


def _has_certificate(settings: Settings) -> bool:
    return bool(settings.x509_dir or settings.x509_cert_file)
