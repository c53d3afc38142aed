"""What a case folder asks for: case.toml, read strictly, since a key with a typing error would prove nothing."""

import tomllib
from dataclasses import dataclass, field
from pathlib import Path

TOP = {"about", "expect", "reason", "options", "waits_for", "app", "hazard", "fails", "run"}
RUN = {"port", "get", "post", "ready", "env", "volumes", "old_volumes", "log", "healthy", "args", "writes", "moved", "without", "user", "grows"}
EXPECTED = ("fixed", "unsafe", "refused")


class BadCase(Exception):
    """The case itself is wrong, not what it tests."""


@dataclass
class Run:
    """How both images are run, and what shows that the application works."""

    port: int | list[int] | None = None
    get: list = field(default_factory=list)
    post: list = field(default_factory=list)
    ready: float = 15
    env: dict = field(default_factory=dict)
    volumes: list = field(default_factory=list)
    old_volumes: list = field(default_factory=list)
    log: str | None = None
    healthy: bool = False
    args: list = field(default_factory=list)
    writes: list = field(default_factory=list)
    # Paths that the rewritten image keeps elsewhere, as a pid file that moves to a folder of the account.
    moved: dict = field(default_factory=dict)
    # Paths that only the original writes, and that the rewritten image does without: a reason stands beside each.
    without: dict = field(default_factory=dict)
    # Bytes by which the image may grow besides: a program whose file capability goes comes into a layer once more.
    grows: int = 0
    # As whom the rewritten image is run, where its own USER does not say it.
    user: str | None = None

    @property
    def old_port(self):
        return self.port[0] if isinstance(self.port, list) else self.port

    @property
    def new_port(self):
        return self.port[1] if isinstance(self.port, list) else self.port


@dataclass
class Case:
    """One folder. A counter-case has `fails`: the checks that must not hold for its Dockerfile.naive. An unsafe case may
    have `hazard` and `fails`: the hazard that unroot names is real, and these checks show it."""

    folder: Path
    about: str
    run: Run
    expect: str | None = None
    reason: str | None = None
    options: list = field(default_factory=list)
    # A folder of apps/ whose files lie below the case's own.
    app: str | None = None
    hazard: str | None = None
    fails: list | None = None

    @property
    def name(self):
        return self.folder.name

    @property
    def dockerfile(self):
        for name in ("Dockerfile", "Containerfile"):
            if (self.folder / name).is_file():
                return name
        raise BadCase("no Dockerfile")


def read(folder):
    """The case of a folder, or BadCase."""
    try:
        table = tomllib.loads((folder / "case.toml").read_text())
    except (OSError, tomllib.TOMLDecodeError) as error:
        raise BadCase(f"case.toml: {error}") from error
    run = table.get("run", {})
    unknown = [*(set(table) - TOP), *(f"run.{key}" for key in set(run) - RUN)]
    if unknown:
        raise BadCase(f"case.toml: unknown keys {', '.join(sorted(unknown))}")
    if not table.get("about"):
        raise BadCase("case.toml: no `about`")
    fails = table.get("fails")
    case = Case(
        folder=folder,
        about=table["about"],
        run=Run(**run),
        expect=table.get("expect"),
        reason=table.get("reason"),
        options=table.get("options", []),
        app=table.get("app"),
        hazard=table.get("hazard"),
        fails=[fails] if isinstance(fails, str) else fails,
    )
    if case.hazard and (case.expect != "unsafe" or case.fails is None):
        raise BadCase("case.toml: a `hazard` that is real needs expect = 'unsafe' and `fails`")
    if (case.expect is None) == (case.fails is None) and not case.hazard:
        raise BadCase("case.toml: either `expect` or `fails`, or an unsafe `hazard` with both")
    if case.expect is not None and case.expect not in EXPECTED:
        raise BadCase(f"case.toml: expect = {case.expect!r}")
    if (case.expect == "refused") != (case.reason is not None):
        raise BadCase("case.toml: a refusal, and only that, has a `reason`")
    if not (case.run.get or case.run.post or case.run.log):
        raise BadCase("case.toml: nothing shows that the application works: get, post or log")
    if (case.run.get or case.run.post) and case.run.port is None:
        raise BadCase("case.toml: requests without a port")
    if case.expect is None and not (folder / "Dockerfile.naive").is_file():
        raise BadCase("a counter-case needs Dockerfile.naive")
    return case
