from __future__ import annotations

from pathlib import Path

import pytest

from clearway.errors import ConfigurationError
from clearway.identity import Principal
from clearway.tools.rest.declared.registry import load_registry
from clearway.tools.rest.declared.snapshots import keep
from tests.unit.tools.rest.documents import PAYMENTS, SERVICES, registry

pytestmark = pytest.mark.unit

READS_ONLY = "version: 1\nservices:\n  payments:\n    openapi: payments.yaml\n"


def test_reads_are_allowed_by_default_and_writes_are_not(tmp_path: Path) -> None:
    methods = {each.method for each in registry(tmp_path, READS_ONLY).operations}
    assert methods == {"GET"}


def test_a_write_needs_its_method_and_a_policy(tmp_path: Path) -> None:
    assert registry(tmp_path).get("payments.createPayment") is not None
    with pytest.raises(ConfigurationError, match=r"line 6: .*methods.*`writes: approval`"):
        registry(tmp_path, SERVICES.replace("    writes: approval\n", ""))


@pytest.mark.parametrize(
    ("allow", "names"),
    [
        ("{tags: [ops]}", {"getHealth"}),
        ("{operations: ['get*']}", {"getHealth", "getPayment"}),
        ("{operations: ['GET /customers*'], deny: ['list*']}", {"searchCustomers"}),
        ("{tags: [payments], operations: ['list*']}", {"listPayments"}),
    ],
)
def test_tags_names_and_denials_all_apply(tmp_path: Path, allow: str, names: set[str]) -> None:
    found = registry(tmp_path, f"{READS_ONLY}    allow: {allow}\n")
    assert {each.id.split(".")[1] for each in found.operations} == names


@pytest.mark.parametrize(
    ("services", "told"),
    [
        (READS_ONLY + "    limits: {total_s: -1}\n", r"line 5: services.payments.limits.total_s"),
        (READS_ONLY + "    base_ur: x\n", r"line 5: services.payments.base_ur: Extra"),
        (READS_ONLY + "    base_url: ftp://x\n", r"line 5: .*base_url: an address such as"),
        (READS_ONLY + "    auth: {kind: bearer}\n", r"line 5: .*auth: bearer needs `secret`"),
        (READS_ONLY + "    private: [300.0.0.0/8]\n", r"line 5: services.payments.private"),
        (
            READS_ONLY + "    private: [0.0.0.0/0]\n",
            r"line 5: .*more than a private range",
        ),
        (READS_ONLY + "    private: ['::/0']\n", r"line 5: .*more than a private range"),
        (READS_ONLY + "    hosts: [a/b]\n", r"line 5: .*hosts: a host such as"),
        (
            READS_ONLY + "    base_url: http://a:b@x\n",
            r"line 5: .*an address without user",
        ),
        (READS_ONLY + "    base_url: http://x:0\n", r"line 5: .*base_url: .* port from 1"),
        (READS_ONLY + "    base_url: http://x/?a=1\n", r"line 5: .*base_url: .*without query"),
        (READS_ONLY + "    ca: gone.pem\n", r"line 5: services.payments.ca: .*cannot be read"),
        (READS_ONLY + "    ca: payments.yaml\n", r"line 5: services.payments.ca: .*no certificate"),
        (
            READS_ONLY + "    auth: {kind: oauth2, user: U, secret: S, token_url: login}\n",
            r"line 5: .*auth: an address such as",
        ),
        (READS_ONLY + "    health: [{operation: getPayment}]\n", r"line 5: .*health\.0: getPay"),
        (READS_ONLY + "  - x\n", r"line 5: this is not YAML"),
        (READS_ONLY.replace("payments.yaml", "gone.yaml"), r"line 4: .*gone\.yaml cannot be read"),
        ("version: 2\nservices: {}\n", r"line 1: version"),
    ],
)
def test_a_mistake_in_the_file_is_told_with_line_and_field(
    tmp_path: Path, services: str, told: str
) -> None:
    with pytest.raises(ConfigurationError, match=told):
        registry(tmp_path, services)


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("openapi: 3.0.3", "swagger: '2.0'", r"OpenAPI 3 is read"),
        ('schemas/Payment"}}\n    post', 'schemas/Payed"}}\n    post', "Payed"),
        ("name: payment_id, in: path", "name: pay, in: path", r"line \d+: .*payment_id"),
        ("#/components/schemas/Payment", "https://evil.example/x", "outside the schemas"),
    ],
)
def test_a_mistake_in_a_document_is_told(tmp_path: Path, old: str, new: str, told: str) -> None:
    assert old in PAYMENTS
    with pytest.raises(ConfigurationError, match=told):
        registry(tmp_path, document=PAYMENTS.replace(old, new, 1))


def test_what_we_send_ourselves_is_no_parameter(tmp_path: Path) -> None:
    operation = registry(tmp_path).get("payments.getPayment")
    assert operation is not None
    assert [each.name for each in operation.parameters] == ["payment_id"]


def test_a_reply_is_flattened_through_references(tmp_path: Path) -> None:
    operation = registry(tmp_path).get("payments.listPayments")
    assert operation is not None
    assert {"items[].id", "items[].customer.name"} <= {each.path for each in operation.returns}


def test_a_schema_that_refers_to_itself_ends(tmp_path: Path) -> None:
    looped = PAYMENTS.replace(
        'customer: {$ref: "#/components/schemas/Customer"}',
        'next: {$ref: "#/components/schemas/Payment"}',
    )
    operation = registry(tmp_path, document=looped).get("payments.getPayment")
    assert operation is not None
    assert len(operation.returns) < 300


def test_an_operation_that_cannot_be_called_is_left_out_and_told(tmp_path: Path) -> None:
    found = registry(tmp_path, document=PAYMENTS.replace("application/json", "text/csv", 2))
    assert [(each.where, each.why) for each in found.left_out] == [
        ("POST /payments", "its body is not JSON")
    ]


def test_who_may_not_know_of_a_service_sees_a_registry_without_it(tmp_path: Path) -> None:
    found = registry(tmp_path, f"{READS_ONLY}    roles: [support]\n    users: [ann]\n")
    seen = {
        user: len(found.visible_to(Principal(user=user, roles=frozenset({role}))).operations)
        for user, role in (("ann", "analyst"), ("bob", "support"), ("eve", "analyst"))
    }
    assert seen == {"ann": 5, "bob": 5, "eve": 0}
    assert found.visible_to(Principal(user="eve")).get("payments.getHealth") is None


def test_a_document_named_by_url_is_read_where_set_up_put_it(tmp_path: Path) -> None:
    url = "https://payments.example.com/openapi.yaml"
    services = READS_ONLY.replace("payments.yaml", url)
    with pytest.raises(ConfigurationError, match="clearway services fetch"):
        registry(tmp_path, services)
    keep(tmp_path / "kept", url, PAYMENTS)
    found = load_registry(tmp_path / "services.yaml", snapshots=tmp_path / "kept")
    assert found.get("payments.listPayments") is not None


def test_the_version_changes_with_the_document(tmp_path: Path) -> None:
    first = registry(tmp_path).version
    assert registry(tmp_path).version == first
    assert registry(tmp_path, document=PAYMENTS + "# more\n").version != first
