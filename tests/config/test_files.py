"""Files in a bucket: configured by the environment, against a small server that speaks as much S3 as we use."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.core.files.base import ContentFile
from django.core.files.storage import storages

from config import files

NAMES = ("S3_BUCKET", "S3_ENDPOINT", "S3_REGION", "S3_ACCESS_KEY", "S3_SECRET_KEY", "S3_PREFIX")


@pytest.fixture(autouse=True)
def _bare(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in NAMES:
        monkeypatch.delenv(name, raising=False)


class _Bucket(BaseHTTPRequestHandler):
    """PUT, GET and HEAD of objects, for whoever signs with the right key id."""

    def _may(self) -> bool:
        signed = "Credential=the-key/" in self.headers.get("Authorization", "")
        if not signed:
            self._answer(403)
        return signed

    def _answer(self, code: int, content: bytes = b"") -> None:
        self.send_response(code)
        self.send_header("Content-Length", str(len(content)))
        self.send_header("ETag", '"x"')
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)

    def do_PUT(self) -> None:
        content = self.rfile.read(int(self.headers["Content-Length"]))
        if self._may():
            self.server.kept[self.path.partition("?")[0]] = content  # type: ignore[attr-defined]
            self._answer(200)

    def do_GET(self) -> None:
        if self._may():
            content = self.server.kept.get(self.path.partition("?")[0])  # type: ignore[attr-defined]
            self._answer(404 if content is None else 200, content or b"")

    do_HEAD = do_GET

    def log_message(self, *_: object) -> None:
        return None


@pytest.fixture
def bucket() -> Iterator[ThreadingHTTPServer]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Bucket)
    server.kept = {}  # type: ignore[attr-defined]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()


def test_without_a_bucket_files_lie_on_disk():
    assert files.storage() == {"BACKEND": "django.core.files.storage.FileSystemStorage"}


@pytest.mark.parametrize(
    "given",
    [
        {"S3_REGION": "eu-west-1"}, {"S3_BUCKET": "b", "S3_ACCESS_KEY": "k"},
        {"S3_BUCKET": "b", "S3_ENDPOINT": "ftp://store.example"},
    ],
)  # fmt: skip
def test_half_a_configuration_is_refused(monkeypatch, given):
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(ImproperlyConfigured, match="S3_"):
        files.storage()


def test_what_it_needs_is_said_in_one_line(monkeypatch):
    monkeypatch.setenv("S3_BUCKET", "b")
    monkeypatch.setattr("importlib.util.find_spec", lambda _name: None)
    with pytest.raises(ImproperlyConfigured, match=r"pip install -r requirements-s3\.txt"):
        files.storage()


def test_a_file_is_kept_in_the_bucket_and_read_from_it(monkeypatch, bucket):
    pytest.importorskip("boto3", reason="boto3 is not installed")
    for name, value in {
        "S3_BUCKET": "letters", "S3_ENDPOINT": f"http://127.0.0.1:{bucket.server_port}", "S3_REGION": "eu-west-1",
        "S3_ACCESS_KEY": "the-key", "S3_SECRET_KEY": "the-secret", "S3_PREFIX": "puente/",
    }.items():  # fmt: skip
        monkeypatch.setenv(name, value)
    storage = storages.create_storage(files.storage())
    name = storage.save("attachments/ab/abcdef", ContentFile(b"A letter"))
    assert bucket.kept == {"/letters/puente/attachments/ab/abcdef": b"A letter"}
    assert storage.exists(name)
    with storage.open(name, "rb") as file:
        assert file.read() == b"A letter"
    assert storage.save("attachments/ab/abcdef", ContentFile(b"Another")) != name
    with pytest.raises(FileNotFoundError):
        storage.open("attachments/ab/nothing", "rb").read()
