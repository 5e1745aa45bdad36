from __future__ import annotations

import pytest

from clearway.tools.rest.declared.origins import DeclaredHost, Origin, declared_host, origin

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    ("url", "found"),
    [
        ("https://Shop.Example./v1", Origin("https", "shop.example", 443)),
        ("http://shop.example:8080?@evil.example", Origin("http", "shop.example", 8080)),
        ("http://[::1]:80/", Origin("http", "::1", 80)),
        ("http://evil.example\\.shop.example/", Origin("http", "evil.example\\.shop.example", 80)),
        ("http://%73hop.example/", Origin("http", "%73hop.example", 80)),
        ("http://shop。example/", Origin("http", "shop.example", 80)),
        ("http://xn--gd-fkaa.com/", Origin("http", "gööd.com", 80)),
    ],
)
def test_an_address_leads_where_the_connection_would(url: str, found: Origin) -> None:
    assert origin(url) == found


@pytest.mark.parametrize(
    "url",
    [
        "http://shop.example@evil.example/", "http://shop.example\\@evil.example/",
        "http://:secret@shop.example/", "http://shop.example;@evil.example/",
        "ftp://shop.example/", "file:///etc/passwd", "//shop.example/", "shop.example", "",
        "http:///v1", "http:shop.example", " http://shop.example/", "http://shop.example\n/",
        "http://shop.example:0/", "http://shop.example:70000/", "http://shop.example:port/",
        "http://[::1/", "http://⑯⑨.254.169.254/", "javascript:alert(1)", "http://0177.0.0.1/",
    ],
)  # fmt: skip
def test_what_is_no_plain_address_leads_nowhere(url: str) -> None:
    with pytest.raises(ValueError, match="an address"):
        origin(url)


def test_a_declared_host_is_one_place() -> None:
    files, odd = declared_host("Files.Example"), declared_host("files.example:8443")
    assert (files, odd) == (DeclaredHost("files.example"), DeclaredHost("files.example", 8443))
    assert files.holds(origin("https://files.example/"))
    assert not files.holds(origin("https://files.example:22/"))
    assert odd.holds(origin("https://files.example:8443/"))
    assert not odd.holds(origin("https://files.example/"))


@pytest.mark.parametrize("said", ["", "a b", "http://a", "a/b", "a@b", "*", "a:99999", "a:x"])
def test_what_is_no_host_is_not_declared(said: str) -> None:
    with pytest.raises(ValueError, match=r"a host such as|an address"):
        declared_host(said)
