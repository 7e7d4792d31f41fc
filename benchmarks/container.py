"""Build the container, group the demo in it, and find the run after a restart: python benchmarks/container.py BASE.

BASE is a base image (an address, or the folder of a root file system, such as debootstrap makes). It needs root and
Debian's buildah, and packages from pip's usual index, or from where PIP_CONF (a pip.conf, optional) says. It is no
Docker engine: the container has no network of its own, so the port is not published but open at once.

It prints the image's size, the time from start to health, memory, and how the app ends; and fails where the account in
the container is root, where the plain address lets anybody in, or where the run is not found.
"""

from __future__ import annotations

import csv
import io
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from http import HTTPStatus
from http.cookiejar import CookieJar
from pathlib import Path

ROOT = Path(__file__).parents[1]
BUILDAH = {"STORAGE_DRIVER": "vfs", "BUILDAH_ISOLATION": "chroot"}
IMAGE, BASE = "localhost/facetry-benchmark", "localhost/facetry-benchmark-base"
DEMO = "--images data/demo/images --truth data/demo/truth.csv:kind --k 6".split()
PATIENCE = 300.0
"""Seconds that a start may take on a busy machine."""


def buildah(*arguments: str) -> str:
    """What a command prints. Raises CalledProcessError; its own words go to the terminal."""
    done = subprocess.run(
        ["buildah", *arguments], env=os.environ | BUILDAH, stdout=subprocess.PIPE, text=True, check=True
    )
    return done.stdout.strip()


def build(base: str) -> None:
    """Make the image from BASE, as the Dockerfile says."""
    if Path(base).is_dir():
        container = buildah("from", "scratch")
        buildah("copy", "--quiet", container, base, "/")
        buildah("commit", "--quiet", "--rm", container, BASE)
        base = BASE
    options = ["--format", "docker", "--build-arg", f"BASE={base}", "--tag", IMAGE]
    if place := os.environ.get("PIP_CONF"):
        options += ["--secret", f"id=pip,src={place}"]
    certificates = "/etc/ssl/certs"  # this computer's, where a proxy of its own stands before the index
    if Path(certificates).is_dir():
        options += ["--volume", f"{certificates}:{certificates}:ro"]
    subprocess.run(["buildah", "build", *options, str(ROOT)], env=os.environ | BUILDAH, stdout=sys.stderr, check=True)


class Container:
    """A new container of the image on a folder that outlives it."""

    def __init__(self, data: Path, port: int) -> None:
        self._name = buildah("from", "--pull-never", IMAGE)
        buildah("config", "--volume", "/data-", self._name)  # buildah would lay a folder of its own over ours
        self._command = ["buildah", "run", "--volume", f"{data}:/data:rw", "--env", f"STREAMLIT_SERVER_PORT={port}"]
        self.url = f"http://127.0.0.1:{port}"
        told = json.loads(buildah("inspect", "--type", "image", IMAGE))["Docker"]["config"]
        self.main, self.health = told["Cmd"], told["Healthcheck"]["Test"][1:]

    def run(self, *command: str) -> str:
        """What a command in it prints. Raises CalledProcessError."""
        return subprocess.run(
            [*self._command, self._name, "--", *command],
            env=os.environ | BUILDAH,
            stdout=subprocess.PIPE,
            text=True,
            check=True,
        ).stdout

    def is_healthy(self) -> bool:
        """By the image's own health check."""
        command = [*self._command, self._name, "--", *self.health]
        return subprocess.run(command, env=os.environ | BUILDAH, capture_output=True, check=False).returncode == 0

    @contextmanager
    def app(self, log: Path) -> Iterator[int]:
        """The app in it, by its process id, until the end of the block; ended as `docker stop` does."""
        began = time.monotonic()
        with open(log, "wb", opener=lambda path, flags: os.open(path, flags, 0o600)) as out:
            around = subprocess.Popen(
                [*self._command, self._name, "--", *self.main], env=os.environ | BUILDAH, stdout=out, stderr=out
            )
        try:
            wait_for(f"{self.url}/healthz", around)
            print(f"start to health          {time.monotonic() - began:6.1f} s")
            app = next(pid for pid in below(around.pid) if "streamlit" in command_line(pid).split(" ")[1:2][0])
            yield app
            began = time.monotonic()
            os.kill(app, signal.SIGTERM)
            around.wait(60)
            print(f"end after SIGTERM        {time.monotonic() - began:6.1f} s, status {around.returncode}")
        finally:
            if around.poll() is None:
                for pid in below(around.pid):
                    os.kill(pid, signal.SIGKILL)
                around.kill()
                around.wait()

    def remove(self) -> None:
        buildah("rm", self._name)


def below(pid: int) -> list[int]:
    """The processes that a process has started, and those that these have."""
    children = Path(f"/proc/{pid}/task")
    own = [int(child) for place in children.glob("*/children") for child in place.read_text().split()]
    return [*own, *(one for child in own for one in below(child))]


def command_line(pid: int) -> str:
    return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode() + "  "


def memory(pid: int) -> float:
    """MB of a process and of those below it, with shared pages counted once."""
    places = (Path(f"/proc/{one}/smaps_rollup") for one in (pid, *below(pid)))
    lines = (line for place in places for line in place.read_text().splitlines())
    return sum(int(line.split()[1]) for line in lines if line.startswith("Pss:")) / 1024


def wait_for(url: str, process: subprocess.Popen[bytes]) -> None:
    """Until the address answers. Raises TimeoutError."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end and process.poll() is None:
        try:
            with urllib.request.urlopen(url, timeout=2):
                return
        except OSError:
            time.sleep(0.1)
    raise TimeoutError("the app did not start")


def table(container: Container, log: Path, run: str) -> list[dict[str, str]]:
    """The run's table as a person gets it: from the app, with the address that it printed."""
    assert status(container.url) == HTTPStatus.FORBIDDEN, "the plain address lets somebody in"
    login = next(word for word in log.read_text().split() if "?token=" in word)
    visitor = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(CookieJar()))
    with visitor.open(login.replace("localhost", "127.0.0.1"), timeout=60) as page:
        assert "token" not in page.url
    with visitor.open(f"{container.url}/download/{run}/table.csv", timeout=60) as reply:
        return list(csv.DictReader(io.StringIO(reply.read().decode("utf-8-sig"))))


def status(url: str) -> int:
    """What the address answers to a stranger."""
    try:
        with urllib.request.urlopen(url, timeout=30) as reply:
            return int(reply.status)
    except urllib.error.HTTPError as refusal:
        return refusal.code


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


def group(container: Container, data: Path) -> str:
    """Group the demo in the container; the run's id."""
    account = container.run("id", "-u").strip()
    assert account != "0", "the container runs as root"
    criterion = ["--criterion", "kind of thing"]
    container.run("python", "-m", "core", "run", *DEMO, *criterion, "--out", "/data/out")
    scores = json.loads((data / "out/metrics.json").read_text(encoding="utf-8"))
    print(f"demo, by account {account:10} acc {scores['acc']:.3f}")
    return str(json.loads((data / "out/run.json").read_text(encoding="utf-8"))["run"])


def measure(folder: Path) -> None:
    """Group the demo, then start the app twice, each time in a new container on the same data."""
    data, port, run = folder / "data", free_port(), ""
    data.mkdir()
    os.chown(data, 10001, 10001)
    for start in ("first", "second"):
        container = Container(data, port)
        try:
            run = run or group(container, data)
            log = folder / f"{start}.log"
            with container.app(log) as app:
                assert container.is_healthy(), "the image's health check fails"
                rows = table(container, log, run)
                print(f"images in the run, {start:6}{len(rows):6}")
                print(f"memory                   {memory(app):6.0f} MB")
            assert "Traceback" not in log.read_text(), log.read_text()
        finally:
            container.remove()


def size() -> str:
    """MB of the image unpacked: all of it, Facetry with its packages, the packages."""
    container = buildah("from", "--pull-never", IMAGE)
    try:
        command = ["du", "-smx", "/", "/app", "/app/.venv"]
        listed = [buildah("run", "--user", "0", container, "--", *command[:2], place) for place in command[2:]]
    finally:
        buildah("rm", container)
    return " MB, ".join(line.replace("\t", " ").split(" ")[0] for line in listed) + " MB (all, /app, packages)"


def main(arguments: Sequence[str]) -> int:
    """Returns the exit status (2: it cannot be tried here)."""
    if len(arguments) != 1 or not shutil.which("buildah") or os.geteuid() != 0:
        print("Skipped: this needs root, buildah (apt install buildah) and a base image as its argument.")
        return 2
    try:
        began = time.monotonic()
        build(arguments[0])
        print(f"build                    {time.monotonic() - began:6.0f} s")
        print(f"size                     {size()}")
        with tempfile.TemporaryDirectory() as folder:
            measure(Path(folder))
    finally:
        for image in (IMAGE, BASE):
            command = ["buildah", "rmi", "--force", image]
            subprocess.run(command, env=os.environ | BUILDAH, capture_output=True, check=False)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
