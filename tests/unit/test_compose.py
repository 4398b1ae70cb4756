"""The stack of containers, as far as it can be told without any: its secrets, and what its check notices."""

import os
import stat
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography import x509

from deployments.checks.compose_file import FILE, wrong_with
from deployments.checks.gateway import kong
from deployments.compose.prepare import PASSWORDS, prepare, self_signed
from lib.backup.keys import read_backup_keys
from lib.keyring.files import read_keys


def test_secrets_are_made_once_and_what_is_derived_follows(tmp_path: Path) -> None:
    folder = tmp_path / "secrets"
    made = prepare(folder, ["api.example.com"], owner=os.getuid())
    assert set(PASSWORDS) < set(made)
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    first = {file.name: file.read_text() for file in folder.iterdir() if file.is_file()}
    assert prepare(folder, [], owner=os.getuid()) == []
    again = {file.name: file.read_text() for file in folder.iterdir() if file.is_file()}
    # but for its salt the file of nginx is the same
    assert again.keys() == first.keys()
    assert {name for name in again if again[name] != first[name]} == {"operators.htpasswd"}
    (folder / "database_password").write_text("another\n")
    prepare(folder, [], owner=os.getuid())
    assert (folder / "database_url").read_text() == "postgresql://insitechart:another@postgres:5432/insitechart\n"


def test_keys_are_for_the_image_alone_and_usable(tmp_path: Path) -> None:
    prepare(tmp_path, [], owner=os.getuid())
    for name in ("secret_keys", "backup_keys"):
        assert stat.S_IMODE((tmp_path / name).stat().st_mode) == 0o600
    assert read_keys(tmp_path / "secret_keys").signing
    assert read_backup_keys(tmp_path / "backup_keys").sealing


def test_a_certificate_of_ones_own_is_kept(tmp_path: Path) -> None:
    (tmp_path / "tls_certificate.pem").write_text("mine")
    assert "tls_key.pem" not in prepare(tmp_path, [], owner=os.getuid())
    assert (tmp_path / "tls_certificate.pem").read_text() == "mine"


def test_a_certificate_for_a_first_try_bears_names_and_addresses() -> None:
    text, _ = self_signed(["api.example.com", "10.0.0.5"], datetime(2026, 3, 1, tzinfo=UTC))
    read = x509.load_pem_x509_certificate(text.encode())
    names = read.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == ["api.example.com"]
    assert [str(address) for address in names.get_values_for_type(x509.IPAddress)] == ["10.0.0.5"]
    assert read.not_valid_after_utc == datetime(2027, 4, 2, tzinfo=UTC)


@pytest.mark.parametrize(
    ("right", "wrong", "told"),
    [
        ("cap_drop: [ALL]", "cap_dropp: [ALL]", "cap_dropp"),
        ("cap_drop: [ALL]", "cap_drop: []", "cap_drop is not"),
        ("condition: service_healthy", "condition: service_well", "service_well"),
        ("redis:7.4.2-alpine", "redis", "not pinned"),
        ("redis:7.4.2-alpine", "redis:latest", "not pinned"),
        ("./redis/redis.conf:", "./redis/radis.conf:", "radis.conf is not there"),
        ("secrets: [redis.conf, redis_password]", "secrets: [redis.conf, radis_password]", "radis_password"),
        ("POSTGRES_PASSWORD_FILE: /run", "POSTGRES_PASSWORD: hunter2 #", "POSTGRES_PASSWORD is a secret"),
        ("networks: [edge, app, flows]", "networks: [edge, app, flow]", "flow"),
    ],
)
def test_what_is_wrong_with_a_compose_file_is_told(right: str, wrong: str, told: str) -> None:
    text = FILE.read_text(encoding="utf-8")
    assert right in text
    assert told in "\n".join(wrong_with(text.replace(right, wrong)))


def test_kong_leads_where_nginx_does() -> None:
    assert kong() == []
