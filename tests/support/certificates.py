"""Certificates for tests: an authority, and what it signs."""

import datetime
import ipaddress

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

_DAY = datetime.timedelta(days=1)


def name(*parts):
    """name(("O", "xspice test"), ("CN", "vm.test")), in this order."""
    known = {"O": NameOID.ORGANIZATION_NAME, "CN": NameOID.COMMON_NAME, "OU": NameOID.ORGANIZATIONAL_UNIT_NAME}
    return x509.Name([x509.NameAttribute(known[kind], value) for kind, value in parts])


def write(path, content, mode=0o600):
    path.write_bytes(content)
    path.chmod(mode)
    return path


class Authority:
    """`certificate_file` is in `directory`, which is also where servers' files go."""

    def __init__(self, directory, subject=name(("O", "xspice test"), ("CN", "xspice test CA"))):
        self.directory = directory
        self._subject = subject
        self._key = ec.generate_private_key(ec.SECP256R1())
        certificate = self._sign(subject, self._key.public_key(), datetime.datetime.utcnow() + 30 * _DAY,
                                 x509.BasicConstraints(ca=True, path_length=0))
        self.certificate_file = write(directory / "ca-cert.pem", _pem(certificate), 0o644)

    def _sign(self, subject, public_key, until, *extensions):
        builder = (x509.CertificateBuilder().subject_name(subject).issuer_name(self._subject).public_key(public_key)
                   .serial_number(x509.random_serial_number()).not_valid_before(until - 100 * _DAY)
                   .not_valid_after(until))
        for extension in extensions:
            builder = builder.add_extension(extension, critical=isinstance(extension, x509.BasicConstraints))
        return builder.sign(self._key, hashes.SHA256())

    def server(self, subject=name(("O", "xspice test"), ("CN", "vm.test")), days=30, hosts=("vm.test", "127.0.0.1"),
               password=None):
        """Makes server-key.pem and server-cert.pem, valid for so many days from now; less than 0: expired."""
        key = ec.generate_private_key(ec.SECP256R1())
        names = x509.SubjectAlternativeName([_general_name(host) for host in hosts])
        certificate = self._sign(subject, key.public_key(), datetime.datetime.utcnow() + days * _DAY, names)
        encryption = (serialization.BestAvailableEncryption(password.encode()) if password
                      else serialization.NoEncryption())
        write(self.directory / "server-key.pem", key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, encryption))
        write(self.directory / "server-cert.pem", _pem(certificate), 0o644)
        return self.directory / "server-cert.pem", self.directory / "server-key.pem"


def _pem(certificate):
    return certificate.public_bytes(serialization.Encoding.PEM)


def _general_name(host):
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        return x509.DNSName(host)
