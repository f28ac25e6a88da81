"""The parties of an authenticated call: an EHR with its keys, and the server that publishes them.

Both are real: keys and certificates are made here, key sets are published over TLS by a server on this computer.
"""

import base64
import ipaddress
import json
import ssl
import threading
import time
import uuid
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from cryptography import x509
from cryptography.hazmat.primitives import hashes, hmac, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa, utils
from cryptography.x509.oid import NameOID

PUBLIC = "https://cds.example.org/hooks"
"""Where the service under test says that it is."""


# ---------------------------------------------------------------------- certificates


@dataclass(frozen=True)
class Authority:
    """A certificate authority of a test, and a certificate that it gave to this computer."""

    ca_file: str
    certificate: str
    key: str

    def server_context(self):
        """TLS as a server speaks it."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.certificate, self.key)
        return context

    def client_context(self):
        """TLS as a client speaks it that trusts this authority alone."""
        return ssl.create_default_context(cafile=self.ca_file)


def make_authority(folder):
    """A new authority; its files stand in the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    ca_key, key = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    ca_name = _name("test authority")
    ca = _certificate(ca_name, ca_key.public_key(), ca_name, ca_key, x509.BasicConstraints(True, None))
    names = x509.SubjectAlternativeName([x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
    own = _certificate(_name("localhost"), key.public_key(), ca_name, ca_key, names)
    for name, content in (("ca.pem", _pem(ca)), ("own.pem", _pem(own)), ("own.key", private_pem(key))):
        (folder / name).write_bytes(content)
    return Authority(str(folder / "ca.pem"), str(folder / "own.pem"), str(folder / "own.key"))


def _name(text):
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def _certificate(subject, key, issuer, issuer_key, extension):
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder(issuer, subject, key, x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=2))
        .add_extension(extension, critical=isinstance(extension, x509.BasicConstraints))
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key.public_key()), critical=False)
    )
    if isinstance(extension, x509.BasicConstraints):
        signs = x509.KeyUsage(False, False, False, False, False, True, True, False, False)
        made = made.add_extension(signs, critical=True)
    return made.sign(issuer_key, hashes.SHA256())


def _pem(certificate):
    return certificate.public_bytes(serialization.Encoding.PEM)


def private_pem(key):
    """A private key as a file."""
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def public_pem(key):
    """The public half of a key as a file."""
    return key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)


# -------------------------------------------------------------------- keys and tokens


def part(content):
    """A part of a token: base64url without padding; what is no bytes becomes JSON first."""
    body = content if isinstance(content, bytes) else json.dumps(content).encode()
    return base64.urlsafe_b64encode(body).rstrip(b"=").decode()


def number(value, size=None):
    """A number as a JWK has it."""
    return part(value.to_bytes(size or (value.bit_length() + 7) // 8, "big"))


def ec_key(curve=ec.SECP384R1):
    """A new private key on a curve."""
    return ec.generate_private_key(curve())


def rsa_key(bits=2048):
    """A new private RSA key."""
    return rsa.generate_private_key(65537, bits)


def jwk_of(key, kid=None, private=False, **members):
    """A key as a member of a key set."""
    if isinstance(key, ec.EllipticCurvePrivateKey):
        names = {"secp256r1": "P-256", "secp384r1": "P-384", "secp521r1": "P-521"}
        size, numbers = (key.key_size + 7) // 8, key.public_key().public_numbers()
        found = {"kty": "EC", "crv": names[key.curve.name], "x": number(numbers.x, size), "y": number(numbers.y, size)}
        secret = {"d": number(key.private_numbers().private_value, size)}
    else:
        numbers = key.public_key().public_numbers()
        found = {"kty": "RSA", "n": number(numbers.n), "e": number(numbers.e)}
        secret = {"d": number(key.private_numbers().d)}
    return {**found, **({"kid": kid} if kid is not None else {}), **(secret if private else {}), **members}


def es(key, signed, digest=hashes.SHA384):
    """A signature by an elliptic curve, as JSON Web Signature has it."""
    r, s = utils.decode_dss_signature(key.sign(signed, ec.ECDSA(digest())))
    size = (key.key_size + 7) // 8
    return r.to_bytes(size, "big") + s.to_bytes(size, "big")


def rs(key, signed, digest=hashes.SHA384):
    """A signature by RSA, PKCS #1 version 1.5."""
    return key.sign(signed, padding.PKCS1v15(), digest())


def ps(key, signed, digest=hashes.SHA384):
    """A signature by RSA with PSS."""
    return key.sign(signed, padding.PSS(padding.MGF1(digest()), digest.digest_size), digest())


def hs(secret, signed, digest=hashes.SHA256):
    """A symmetric signature."""
    made = hmac.HMAC(secret, digest())
    made.update(signed)
    return made.finalize()


@dataclass
class Ehr:
    """An EHR: its issuer and its key."""

    issuer: str
    key: object
    kid: str | None = "key-1"
    usual: dict = field(default_factory=dict)

    @property
    def algorithm(self):
        """What it signs by."""
        return "ES384" if isinstance(self.key, ec.EllipticCurvePrivateKey) else "RS384"

    @property
    def jwk(self):
        """Its public key."""
        return jwk_of(self.key, self.kid)

    def header(self, **changed):
        """The header of a token; None takes a member away."""
        return _without_none(
            {"alg": self.algorithm, "typ": "JWT", "kid": self.kid, **self.usual.get("header", {}), **changed}
        )

    def claims(self, aud, **changed):
        """The claims of a token; None takes a member away."""
        now = int(time.time())
        return _without_none(
            {
                "iss": self.issuer,
                "aud": aud,
                "iat": now,
                "exp": now + 300,
                "jti": str(uuid.uuid4()),
                **self.usual.get("claims", {}),
                **changed,
            }
        )

    def sign(self, signed):
        """A signature by its key."""
        return (es if self.algorithm == "ES384" else rs)(self.key, signed)

    def token(self, aud, header=None, **claims):
        """A token; every member can be changed, and None takes one away."""
        return self.whole(self.header(**(header or {})), self.claims(aud, **claims))

    def whole(self, header, claims, sign=None):
        """A token of a header and claims, each an object or bytes; signed by its key or by a function."""
        signed = f"{part(header)}.{part(claims)}"
        return f"{signed}.{part((sign or self.sign)(signed.encode()))}"


def _without_none(members):
    return {name: value for name, value in members.items() if value is not None}


# ------------------------------------------------------------------------ key server


class KeyServer:
    """Publishes key sets over TLS: what stands in ``pages`` by path, bytes or a function of the request's handler."""

    def __init__(self, authority):
        self.pages = {}
        self.asked = []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                outer.asked.append(self.path)
                page = outer.pages.get(self.path)
                if callable(page):
                    page(self)
                elif page is None:
                    self.send_error(404)
                else:
                    self.answer(page)

            def answer(self, body, status=200, **headers):
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name.replace("_", "-"), value)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        class Server(ThreadingHTTPServer):
            daemon_threads = True

            def handle_error(self, *_):  # a client that gives up is what some tests are about
                pass

        self._server = Server(("127.0.0.1", 0), Handler)
        self._server.socket = authority.server_context().wrap_socket(
            self._server.socket, server_side=True, do_handshake_on_connect=False
        )
        self.url = f"https://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05})

    def publish(self, path, *keys):
        """Publish keys, and give the address."""
        self.pages[path] = json.dumps({"keys": list(keys)}).encode()
        return self.url + path

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()
