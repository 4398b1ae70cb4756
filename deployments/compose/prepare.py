"""Makes the secrets that compose.yaml mounts: `python -m deployments.compose.prepare FOLDER [NAME …]`, as root of a
container of the image. It does not know what a service does with them.

NAMEs are those by which people reach the gateway; its certificate for a first try bears them. What is there is kept, so
a secret or a certificate of one's own may be put there before or after; what is derived from passwords is written anew.
"""

import ipaddress
import json
import os
import sys
from base64 import b64encode
from datetime import UTC, datetime, timedelta
from hashlib import sha1
from pathlib import Path
from secrets import token_bytes, token_urlsafe

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from lib.backup.keys import new_identity
from lib.keyring.keys import new_key, write_keys

# of the image's own user; the others have users of their own, each in its own image
OWNER = 10001

PASSWORDS = ("postgres_password", "database_password", "prefect_password", "exporter_password", "redis_password",
             "operators_password", "grafana_password", "elastic_password")  # fmt: skip
CERTIFICATE, KEY = "tls_certificate.pem", "tls_key.pem"

_DAYS = 397


def prepare(folder: Path, names: list[str], owner: int = OWNER) -> list[str]:
    """Makes what is missing in `folder`, and returns its names. The two files of keys will be `owner`'s.

    Whoever can enter the folder can read all but the two files of keys: it is for its owner alone. Containers see
    single files of it, not the folder.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    folder.chmod(0o700)
    # what Alertmanager sends with is put there by hand
    (folder / "alertmanager").mkdir(mode=0o755, exist_ok=True)
    made = [name for name in PASSWORDS if _write_missing(folder / name, token_urlsafe(24))]
    for name, text in _derived({name: (folder / name).read_text(encoding="utf-8").strip() for name in PASSWORDS}):
        _write(folder / name, text, 0o644)
    now = datetime.now(UTC)
    for name, text in (("secret_keys", write_keys([new_key(now)])), ("backup_keys", f"{new_identity()}\n")):
        if _write_missing(folder / name, text, 0o600):
            made.append(name)
        os.chown(folder / name, owner, owner)
    if not (folder / CERTIFICATE).exists() and not (folder / KEY).exists():
        certificate, key = self_signed(names or ["localhost"], now)
        _write(folder / KEY, key, 0o644)
        _write(folder / CERTIFICATE, certificate, 0o644)
        made += [CERTIFICATE, KEY]
    return made


def self_signed(names: list[str], now: datetime) -> tuple[str, str]:
    """A certificate (PEM) for `names` that nobody has signed, good for 397 days from `now` on, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, names[0][:64])])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(minutes=5))
        .not_valid_after(now + timedelta(days=_DAYS))
        .add_extension(x509.SubjectAlternativeName([_name(name) for name in names]), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    return (
        certificate.public_bytes(Encoding.PEM).decode(),
        key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode(),
    )


def _derived(password: dict[str, str]) -> list[tuple[str, str]]:
    """What services want in a form of their own, with the password in it."""
    prefect = f"prefect:{password['prefect_password']}@postgres:5432/prefect"
    return [
        ("database_url", f"postgresql://insitechart:{password['database_password']}@postgres:5432/insitechart\n"),
        ("prefect_database_url", f"postgresql://{prefect}\n"),
        (
            "prefect_server.toml",
            'active = "compose"\n\n[profiles.compose]\n'
            f'PREFECT_SERVER_DATABASE_CONNECTION_URL = "postgresql+asyncpg://{prefect}"\n',
        ),
        ("operators.htpasswd", f"admin:{_salted(password['operators_password'])}\n"),
        ("redis_url", f"redis://:{password['redis_password']}@redis:6379/0\n"),
        ("redis.conf", f"requirepass {password['redis_password']}\n"),
        ("redis_exporter.json", json.dumps({"redis://redis:6379": password["redis_password"]}) + "\n"),
    ]


def _salted(password: str) -> str:
    """SSHA, which nginx knows: weak for words of people, good enough for 24 random bytes."""
    salt = token_bytes(16)
    return "{SSHA}" + b64encode(sha1(password.encode() + salt, usedforsecurity=False).digest() + salt).decode()


def _name(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def _write_missing(file: Path, text: str, mode: int = 0o644) -> bool:
    if file.exists():
        return False
    _write(file, text, mode)
    return True


def _write(file: Path, text: str, mode: int) -> None:
    """Whole or not at all."""
    making = file.with_name(f".{file.name}.making")
    making.unlink(missing_ok=True)
    with os.fdopen(os.open(making, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as out:
        out.write(text)
    making.chmod(mode)
    making.replace(file)


def main(arguments: list[str]) -> int:
    """Returns 0, or 1 after a sentence that says what to do."""
    if not arguments or os.geteuid() != 0:
        sys.stderr.write("Run it by `make secrets`: it wants a folder, and to be root of a container of the image.\n")
        return 1
    made = prepare(Path(arguments[0]), arguments[1:])
    sys.stdout.write(f"Made: {', '.join(made)}.\n" if made else "Nothing was missing.\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
