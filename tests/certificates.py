"""An authority for tests, with a certificate for a server on this machine and one for a client."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec


@dataclass(frozen=True)
class Certificates:
    """PEM files: the authority's certificate; the server's, for localhost, with its key; the client's, and its key."""

    authority: Path
    server: Path
    client: Path
    client_key: Path


def make_certificates(folder: Path, *hosts: str) -> Certificates:
    """Make them in `folder`, good for an hour; the server is `hosts` too."""
    paths = Certificates(*(folder / f"{name}.pem" for name in ("authority", "server", "client", "client-key")))
    root, root_key = _signed("authority", None, None, ())
    paths.authority.write_bytes(_pem(root))
    server, server_key = _signed("server", root, root_key, hosts)
    paths.server.write_bytes(_pem(server) + _key_pem(server_key))
    client, client_key = _signed("client", root, root_key, ())
    paths.client.write_bytes(_pem(client))
    paths.client_key.write_bytes(_key_pem(client_key))
    return paths


def _signed(
    name: str, issuer: x509.Certificate | None, issuer_key: ec.EllipticCurvePrivateKey | None, more: tuple[str, ...]
) -> tuple[x509.Certificate, ec.EllipticCurvePrivateKey]:
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    hosts = [x509.DNSName("localhost"), *map(x509.DNSName, more), x509.IPAddress(ip_address("127.0.0.1"))]
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer.subject if issuer else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName(hosts), critical=False)
        .add_extension(x509.BasicConstraints(ca=issuer is None, path_length=None), critical=True)
        .sign(issuer_key or key, hashes.SHA256())
    )
    return certificate, key


def _pem(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.PEM)


def _key_pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
