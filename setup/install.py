"""Makes .venv and installs parts in it with pip. Packages get there in no other way: the running app calls it too."""

from __future__ import annotations

import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from setup.explain import SetupError, explain
from setup.parts import ROOT, VENV, Part, are_here, read_parts
from setup.progress import Progress, clock, say

OLDEST = (3, 11)
PYTHON = VENV / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
STAMP = VENV / "facetry-installed.txt"
LOG = VENV / "facetry-install.log"
FETCHED = VENV / "facetry-fetched"
"""Where pip keeps what it fetched until it is unpacked: on the disk whose room was looked at."""
_HASHED = 10
"""How much of the way the hashed packages of a part are, in percent, where PyTorch follows."""
CPUINFO = Path("/proc/cpuinfo")
WITHOUT_AMX = "-mno-amx-tile -mno-amx-int8 -mno-amx-bf16"
"""Compiler options for llama-cpp-python on processors with AMX, where llama.cpp's use of it ends the whole process
(ggml-org/llama.cpp issue 20824). Its own switches for AMX do not help, as -march=native brings it back."""


def install(*names: str) -> None:
    """Bring parts in .venv in step with their lock files; returns at once when the stamp says that they are.

    Raises SetupError.
    """
    make_venv()
    parts = read_parts(ROOT)
    marks = {name: f"{name} {fingerprint(ROOT, parts[name])}" for name in names}
    have = STAMP.read_text(encoding="utf-8").splitlines() if STAMP.exists() else []
    due = [name for name in names if marks[name] not in have]
    if not due:
        return
    with alone():
        packages = site_packages()
        for name in forget_half_installed(packages):
            say(f"The last set-up was cut off at {name}: installing it again")
        for name in due:
            install_part(parts[name], packages)
            have = [line for line in have if (other := line.split(" ")[0]) in parts and other != name]
            have.append(marks[name])
            STAMP.write_text("\n".join(have), encoding="utf-8")
    say("All packages are in place")


def fingerprint(root: Path, part: Part) -> str:
    """SHA-256 over what decides the installation of a part: its pins, their hashes, how it is compiled."""
    lines = [(root / f"setup/{part.name}.txt").read_text(encoding="utf-8"), *part.unhashed]
    if part.compiled and has_amx():
        lines.append(WITHOUT_AMX)
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def has_amx() -> bool:
    """Whether this processor has AMX (Intel, from Sapphire Rapids on), as Linux tells it."""
    try:
        return "amx_tile" in CPUINFO.read_text(encoding="utf-8")
    except OSError:
        return False


def make_venv() -> None:
    """Make .venv, or keep the one that is there if its Python still runs, is new enough and can install."""
    if PYTHON.exists():
        if Path(sys.prefix).resolve() == VENV.resolve():  # the running app calls, and what it runs in stays
            return
        probe = f"import sys; sys.exit(sys.version_info < {OLDEST})"
        if not STAMP.exists():  # Ctrl-C in the first seconds leaves an environment without a whole pip
            probe = "import pip._internal.cli.main; " + probe
        if subprocess.run([PYTHON, "-c", probe], capture_output=True, check=False).returncode == 0:
            return
        say("The .venv that is here does not work; making it again")
    if not (importlib.util.find_spec("venv") and importlib.util.find_spec("ensurepip")):
        raise SetupError(
            "This Python has no venv module. On Debian and Ubuntu: sudo apt install python3-venv. Then run this again."
        )
    say("Making .venv for Facetry's packages")
    command = [sys.executable, "-m", "venv", "--clear", str(VENV)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise SetupError(explain(done.stdout + done.stderr, "Making .venv"))


@contextmanager
def alone() -> Iterator[None]:
    """Hold .venv for one set-up at a time. Raises SetupError while another one is at work."""
    with (VENV / "facetry-install.lock").open("w") as file:
        with suppress(ImportError):  # on Windows there is no fcntl
            import fcntl

            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                raise SetupError("Another set-up of this folder is at work. Wait for it, then try again.") from None
        yield


def site_packages() -> Path:
    """Where .venv keeps its packages."""
    code = "import sysconfig; print(sysconfig.get_path('purelib'))"
    return Path(subprocess.run([PYTHON, "-c", code], capture_output=True, text=True, check=True).stdout.strip())


def forget_half_installed(packages: Path) -> list[str]:
    """Remove the record of packages whose installation was cut off, so that pip installs them again.

    pip writes INSTALLER and then RECORD last; without one of them files may be missing although pip would call the
    requirement satisfied. Returns the names removed.
    """
    broken = [d for d in packages.glob("*.dist-info") if not ((d / "INSTALLER").exists() and (d / "RECORD").exists())]
    for folder in broken:
        shutil.rmtree(folder)
    return sorted(folder.name.split("-")[0] for folder in broken)


def install_part(part: Part, packages: Path) -> None:
    """Install what a part's lock file lists and nothing else; then what may be another build, with what it needs."""
    if not are_here(part.unhashed or part.lines, packages):
        check_room(part)
    if part.compiled:
        say(f"{part.name} is compiled here, once: about {part.minutes} minutes on two cores")
    options, env = build_options() if part.compiled else (["--only-binary", ":all:"], {})
    lock = ["--no-deps", "--require-hashes", "-r", str(ROOT / f"setup/{part.name}.txt")]
    way = (0, _HASHED if part.unhashed else 100)
    pip_install([*options, *lock], f"Installing {part.name}", Progress(packages, FETCHED, part.fetch_gb, way), env)
    if part.unhashed:
        progress = Progress(packages, FETCHED, part.fetch_gb, (_HASHED, 100))
        pip_install(part.unhashed, f"Installing {' and '.join(part.unhashed)}", progress)


def check_room(part: Part) -> None:
    """Say before a download how big it is. Raises SetupError where it cannot fit on the disk."""
    free = shutil.disk_usage(VENV).free / 1e9
    if free < part.disk_gb:
        raise SetupError(
            f"The part {part.name} takes {part.disk_gb:g} GB of the disk while it is installed, and {free:.1f} GB are "
            "free. Make room, then try again."
        )
    say(f"{part.name}: about {part.fetch_gb:g} GB to download, at most {part.disk_gb:g} GB on disk with pip's cache")


def build_options() -> tuple[list[str], dict[str, str]]:
    """What pip is told where a package is compiled, and its environment: on a processor with AMX, to build without it,
    also in place of a build with it.

    pip keeps what it built by name and version, whatever the options were; so these builds have a cache of their own.
    """
    if not has_amx():
        return [], {}
    shown = subprocess.run([PYTHON, "-m", "pip", "cache", "dir"], capture_output=True, text=True, check=False)
    cache = ["--cache-dir", f"{shown.stdout.strip()}-without-amx"] if shown.returncode == 0 else ["--no-cache-dir"]
    flags = {name: f"{os.environ.get(name, '')} {WITHOUT_AMX}".strip() for name in ("CFLAGS", "CXXFLAGS")}
    return ["--force-reinstall", *cache], flags


def pip_install(what: Sequence[str], title: str, progress: Progress, env: Mapping[str, str] | None = None) -> None:
    """Run `pip install` with these arguments, showing what it is at. pip's own words go to LOG. Raises SetupError.

    env: environment variables beside those there are.
    --no-compile: compiling every file of every package costs over a minute; Python compiles what the app imports.
    """
    options = "--no-compile --no-input --no-user --disable-pip-version-check --progress-bar off".split()
    began = time.monotonic()
    FETCHED.mkdir(exist_ok=True)
    try:
        with progress:
            status = _run_pip([*options, *what], progress, {"TMPDIR": str(FETCHED), **(env or {})})
    finally:
        shutil.rmtree(FETCHED, ignore_errors=True)
    if status != 0:
        raise SetupError(f"{explain(LOG.read_text(encoding='utf-8'), title)} Everything pip said: {LOG}")
    say(f"{title}: done in {clock(time.monotonic() - began)}")


def _run_pip(arguments: Sequence[str], progress: Progress, env: Mapping[str, str]) -> int:
    """Returns its exit status; it ends with us."""
    with LOG.open("w", encoding="utf-8") as log:
        pip = subprocess.Popen(
            [str(PYTHON), "-m", "pip", "install", *arguments],
            cwd=VENV,
            env={**os.environ, **env},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
        )
        try:
            assert pip.stdout is not None
            for line in pip.stdout:
                log.write(line)
                log.flush()
                progress.heard(line)
            return pip.wait()
        except BaseException:
            pip.terminate()
            pip.wait()
            raise
