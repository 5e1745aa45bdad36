"""The address is pinned and the certificate still has to be the name's, on a real TLS server."""

from __future__ import annotations

import ssl
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from ipaddress import ip_network
from pathlib import Path

import pytest
import trustme
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from clearway.errors import ConfigurationError, ExecutionError
from clearway.plans import RestStep
from clearway.resilience.clock import SystemClock
from clearway.tools.rest.calling.client import Client
from clearway.tools.rest.calling.fetch import fetched
from clearway.tools.rest.declared.origins import DeclaredHost
from clearway.tools.rest.declared.registry import Registry, load_registry
from clearway.tools.rest.declared.services_file import read_services
from clearway.tools.rest.declared.types import Auth, Bounds, Operation, Reply, Service
from tests.rest_server import Answer, Server, says, serving
from tests.unit.tools.rest.documents import PAYMENTS

pytestmark = [pytest.mark.integration, pytest.mark.anyio]

NAME = "payments.example"
OURS, OTHERS = trustme.CA(), trustme.CA()
THING = Operation(id="shop.thing", service="shop", method="GET", path="/thing")


class Loopback:
    """Every name is this machine's, whatever the world says."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    async def addresses(self, host: str, port: int) -> Sequence[str]:
        self.asked.append(host)
        return ("127.0.0.1",)


@dataclass
class Spoken:
    """What a TLS server was told."""

    names: list[str | None] = field(default_factory=list)


def certified(certificate: trustme.LeafCert, spoken: Spoken | None = None) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    certificate.configure_cert(context)

    def said(_: ssl.SSLObject, name: str | None, __: ssl.SSLContext) -> None:
        if spoken is not None:
            spoken.names.append(name)

    context.sni_callback = said
    return context


def pem(authority: trustme.CA) -> str:
    return authority.cert_pem.bytes().decode()


@asynccontextmanager
async def shop(
    tls: ssl.SSLContext,
    *,
    host: str = NAME,
    authorities: str = "",
    answer: Answer | None = None,
    hosts: frozenset[DeclaredHost] = frozenset(),
    auth: Auth | None = None,
) -> AsyncIterator[tuple[Client, Server]]:
    async with serving({"/thing": answer or says({"id": 7})}, tls) as server:
        service = Service(
            id="shop",
            base_url=f"https://{host}:{server.port}",
            networks=(ip_network("127.0.0.0/8"),),
            bounds=Bounds(connect_s=5.0, read_s=5.0, retries=2),
            authorities=authorities,
            hosts=hosts,
            auth=auth or Auth(),
        )
        registry = Registry(services=(service,), operations=(THING,))
        environment = {"ID": "us", "SECRET": "s3cr3t"}
        async with Client(
            registry, SystemClock(), lambda: environment, resolver=Loopback()
        ) as client:
            yield client, server


async def ask(client: Client) -> Reply:
    return await client.call(RestStep(operation_id=THING.id), THING, timeout_s=10)


async def test_the_name_is_spoken_and_proven_though_the_address_was_pinned() -> None:
    spoken = Spoken()
    tls = certified(OURS.issue_cert(NAME), spoken)
    async with shop(tls, authorities=pem(OURS)) as (client, server):
        assert (await ask(client)).content == {"id": 7}
    assert spoken.names == [NAME]
    assert server.asked[0].headers["host"] == f"{NAME}:{server.port}"


EXPIRED = datetime.now(UTC) - timedelta(days=1)


@pytest.mark.parametrize(
    ("certificate", "authority", "told"),
    [
        (OURS.issue_cert("evil.example"), pem(OURS), "for another host"),
        (OURS.issue_cert("127.0.0.1"), pem(OURS), "for another host"),
        (OURS.issue_cert(f"sub.{NAME}"), pem(OURS), "for another host"),
        (OTHERS.issue_cert(NAME), pem(OURS), "authority that is not trusted"),
        (OURS.issue_cert(NAME), "", "authority that is not trusted"),
        (OURS.issue_cert(NAME, not_after=EXPIRED), pem(OURS), "has expired"),
    ],
    ids=["other-name", "the-address", "subdomain", "other-authority", "undeclared", "expired"],
)
async def test_a_certificate_that_does_not_prove_the_name_is_refused_before_anything_is_said(
    certificate: trustme.LeafCert, authority: str, told: str
) -> None:
    auth = Auth(kind="bearer", secret="SECRET")
    async with shop(certified(certificate), authorities=authority, auth=auth) as (client, server):
        with pytest.raises(ExecutionError, match=told) as raised:
            await ask(client)
    assert raised.value.details["fault"] == "certificate"
    assert server.asked == []


def signed_by_itself(folder: Path) -> tuple[ssl.SSLContext, str]:
    """Return a server's side of a certificate nobody else signed, and the certificate."""
    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.now(UTC)
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, NAME)])
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(NAME)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    form = (PrivateFormat.PKCS8, NoEncryption())
    both = folder / "both.pem"
    both.write_bytes(
        key.private_bytes(Encoding.PEM, *form) + certificate.public_bytes(Encoding.PEM)
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(both)
    return context, certificate.public_bytes(Encoding.PEM).decode()


async def test_a_certificate_signed_by_itself_is_refused_unless_it_is_declared(
    tmp_path: Path,
) -> None:
    tls, own = signed_by_itself(tmp_path)
    async with shop(tls) as (client, server):
        with pytest.raises(ExecutionError, match="is signed by itself"):
            await ask(client)
    assert server.asked == []
    async with shop(tls, authorities=own) as (client, _):
        assert (await ask(client)).status == 200


async def test_an_address_as_the_name_needs_a_certificate_for_the_address() -> None:
    async with shop(
        certified(OURS.issue_cert("127.0.0.1")), host="127.0.0.1", authorities=pem(OURS)
    ) as (client, _):
        assert (await ask(client)).status == 200
    async with shop(certified(OURS.issue_cert(NAME)), host="127.0.0.1", authorities=pem(OURS)) as (
        client,
        _,
    ):
        with pytest.raises(ExecutionError, match="for another address"):
            await ask(client)


async def test_a_redirect_is_held_to_the_name_it_leads_to() -> None:
    async with serving({"/thing": says({})}, certified(OURS.issue_cert(NAME))) as files:
        there = f"https://files.example:{files.port}/thing"
        async with shop(
            certified(OURS.issue_cert(NAME)),
            authorities=pem(OURS),
            answer=says({}, 302, {"location": there}),
            hosts=frozenset({DeclaredHost("files.example", files.port)}),
        ) as (client, _):
            with pytest.raises(ExecutionError, match="for another host"):
                await ask(client)
    assert files.asked == []


async def test_a_redirect_leads_from_no_encrypted_service_to_an_open_one() -> None:
    async with serving({"/thing": says({})}) as files:
        there = f"http://{NAME}:{files.port}/thing"
        async with shop(
            certified(OURS.issue_cert(NAME)),
            authorities=pem(OURS),
            answer=says({}, 302, {"location": there}),
            hosts=frozenset({DeclaredHost(NAME, files.port)}),
        ) as (client, _):
            with pytest.raises(ExecutionError, match="not allowed"):
                await ask(client)
    assert files.asked == []


async def test_the_token_is_fetched_from_a_host_that_proves_its_own_name() -> None:
    token = says({"access_token": "one", "expires_in": 60})
    async with serving({"/token": token}, certified(OURS.issue_cert(NAME))) as office:
        auth = Auth(
            kind="oauth2", user="ID", secret="SECRET",
            token_url=f"https://login.example:{office.port}/token",
        )  # fmt: skip
        tls = certified(OURS.issue_cert(NAME))
        async with shop(tls, authorities=pem(OURS), auth=auth) as (client, server):
            with pytest.raises(ExecutionError, match="gave no token"):
                await ask(client)
    assert (office.asked, server.asked) == ([], [])


async def test_a_document_is_fetched_from_who_proves_its_name_by_a_declared_authority(
    tmp_path: Path,
) -> None:
    (tmp_path / "ca.pem").write_text(pem(OURS))
    path = tmp_path / "services.yaml"
    async with serving({"/spec": says(PAYMENTS.encode())}, certified(OURS.issue_cert(NAME))) as s:
        lines = f"    openapi: https://{NAME}:{s.port}/spec\n    private: [127.0.0.0/8]\n"
        path.write_text(f"version: 1\nservices:\n  payments:\n{lines}")
        with pytest.raises(ConfigurationError, match="authority that is not trusted"):
            await fetched(read_services(path), tmp_path, resolver=Loopback())
        path.write_text(f"{path.read_text()}    ca: ca.pem\n")
        await fetched(read_services(path), tmp_path, resolver=Loopback())
    found = load_registry(path, snapshots=tmp_path)
    assert found.service("payments").authorities == pem(OURS)
    assert found.operations
