"""The checks: the original builds and works as root, the rewritten does the same and is not root."""

import re
from contextlib import ExitStack

import engine
from engine import Container, EngineError

# What a new account and its layer may cost, in bytes.
ACCOUNT_LAYER = 200_000
SYSTEM = ["/", "/etc", "/etc/passwd", "/usr", "/usr/bin", "/usr/lib", "/bin", "/sbin"]
DENIED = re.compile(r"permission denied|operation not permitted|EACCES|EPERM", re.IGNORECASE)


class Stop(Exception):
    """Nothing further can be checked."""


class Checks:
    """Named outcomes of one case. The names are what a counter-case refers to."""

    def __init__(self):
        self.done = []

    def __call__(self, name, holds, detail=""):
        self.done.append((name, bool(holds), str(detail).strip()))
        return bool(holds)

    def need(self, name, holds, detail=""):
        if not self(name, holds, detail):
            raise Stop

    @property
    def failed(self):
        return [name for name, holds, _ in self.done if not holds]


def kubelet(user):
    """Why kubelet's runAsNonRoot refuses an image with this Config.User; None if it starts it."""
    uid = user.partition(":")[0]
    if not uid:
        return "no user: root"
    if not re.fullmatch(r"[+-]?[0-9]+", uid):
        return "a name, which it cannot verify"
    if not 0 < int(uid) <= 2147483647:
        return "root" if int(uid) == 0 else "no valid id"
    return None


def build(checks, name, folder, case, tag):
    try:
        engine.build(folder, case.dockerfile, tag)
    except EngineError as error:
        checks.need(name, False, error)
    checks(name, True)


def works(checks, container, case, prefix=""):
    """The application answers, logs and is healthy, as case.toml says."""
    run, last = case.run, {}

    def answered(path, body, text):
        def ask():
            last[path] = container.request(path, body)
            return text in last[path][1]

        return ask

    for path, body, text in [(get[0], None, get[1]) for get in run.get] + [tuple(post) for post in run.post]:
        held = container.until(answered(path, body, text), run.ready)
        got = "" if held else f"{last.get(path, 'no answer')}\n{container.log()[-1500:]}"
        checks(prefix + "answers", held, f"{'POST' if body is not None else 'GET'} {path} {text!r}: {got}")
        if not held and not container.running:
            raise Stop
    if run.log:
        held = container.until(lambda: run.log in container.log(), run.ready)
        checks(prefix + "logs", held, f"{run.log!r} in {container.log()[-1500:]}")
    if run.healthy:
        state = lambda: container.state().get("Health", {}).get("Status", "no HEALTHCHECK")  # noqa: E731
        held = container.until(lambda: state() == "healthy", run.ready)
        checks(prefix + "healthy", held, state())
    container.state()


def written(changes):
    """Paths that the container itself wrote. A folder that changed only as its children did is not one of them."""
    found = []
    for kind, path in changes:
        # Python does without the caches that it cannot write.
        if "__pycache__" in path.split("/"):
            continue
        if kind == "D":
            found.append(path.rpartition("/")[0] or "/")
        elif kind == "A" or not any(other.startswith(path + "/") for _, other in changes):
            found.append(path)
    return sorted(set(found))


def original(checks, case, folder, tag, volumes):
    """Builds and runs what the user has; returns the paths that it writes, its home and its log."""
    build(checks, "original-builds", folder, case, tag)
    run = case.run
    try:
        container = Container(tag, f"{tag}-run", run, run.old_port, volumes, restricted=False)
    except EngineError as error:
        checks.need("original-starts", False, error)
    with container:
        works(checks, container, case, "original-")
        # One that drops root by itself may have done so before the first look.
        user = engine.image(tag)["Config"]["User"]
        root = 0 in container.seen_uids or user.partition(":")[0] in ("", "root", "0")
        checks("original-root", root, f"Config.User={user!r}, uids {sorted(container.seen_uids)}")
        if run.old_port:
            checks("original-port", run.old_port in container.ports(), f"ports {sorted(container.ports())}")
        paths = written(container.changes())
        home = container.probe("home")[0][1] if container.running else ""
        log = container.log()
    if checks.failed:
        raise Stop
    return paths, home, log


def rewritten(checks, case, folder, tags, volumes, before):
    """Builds and runs what unroot wrote: it does what the original did, with no right to anything else."""
    paths, home, old_log = before
    run = case.run
    old_tag, tag = tags
    build(checks, "builds", folder, case, tag)
    # What is only prepared has no USER of its own yet.
    user = run.user if "--prepare" in case.options else engine.image(tag)["Config"]["User"]
    refused = kubelet(user)
    checks("kubelet", refused is None, f"Config.User={user!r}: {refused or 'accepted'}")
    grown = engine.image(tag)["Size"] - engine.image(old_tag)["Size"]
    checks("size", grown <= ACCOUNT_LAYER + case.run.grows, f"{grown:+} bytes")
    try:
        container = Container(tag, f"{tag}-run", run, run.new_port, volumes, restricted=True, user=run.user)
    except EngineError as error:
        checks.need("starts", False, error)
    checks("starts", True)
    with container:
        try:
            works(checks, container, case)
        finally:
            checks("no-root", 0 not in container.seen_uids, f"uids {sorted(container.seen_uids)}")
        if run.new_port:
            ports = container.ports()
            moved = run.old_port == run.new_port or run.old_port not in ports
            checks("port", run.new_port in ports and moved, f"ports {sorted(ports)}")
        denied = [line for line in container.log().splitlines() if DENIED.search(line)]
        checks("denied", not denied or DENIED.search(old_log), "\n".join(denied[:5]))
        if not container.running:
            checks("writes", not (paths or run.writes), "it ended, so that what it may write cannot be tried")
            return
        moved_home = container.probe("home")[0][1]
        needed = [path for path in paths if path not in run.without]
        wanted = [place(path, home, moved_home, run.moved) for path in needed] + run.writes
        answers = container.probe("write", *wanted) if wanted else []
        held = all(answer == "ok" for _, answer in answers)
        checks("writes", held, "\n".join(f"{path}: {answer}" for path, answer in answers))
        loose = [path for path, answer in container.probe("own", *SYSTEM) if answer == "ok"]
        checks("system", not loose, f"can write {' '.join(loose)}" if loose else "")


def place(path, home, new_home, moved):
    """Where the rewritten image has a path of the original: what lay in root's home lies in the account's."""
    for old, new in moved.items():
        if path == old or path.startswith(old + "/"):
            return new + path[len(old) :]
    if len(home) > 1 and len(new_home) > 1 and (path == home or path.startswith(home + "/")):
        return new_home + path[len(home) :]
    return path


def volumes_of(case, tag, stack):
    """Fresh named volumes for both runs; those of `old_volumes` are the same for both."""
    first, second = {}, {}
    for number, path in enumerate(case.run.volumes + case.run.old_volumes):
        kept = path in case.run.old_volumes
        for table, which in ((first, "o"), (second, "o" if kept else "n")):
            table[path] = f"{tag}-volume{number}{which}"
            engine.docker("volume", "create", "--label", engine.LABEL, table[path])
            stack.callback(engine.docker, "volume", "rm", "-f", table[path], check=False)
    return first, second


def prove(checks, case, before, after, tag, notes=()):
    """All checks of a case whose original is in the folder `before` and whose rewrite, if any, is in `after`."""
    with ExitStack() as stack:
        tags = (f"{tag}-old", f"{tag}-new")
        stack.callback(engine.docker, "rmi", "-f", *tags, check=False)
        first, second = volumes_of(case, tag, stack)
        result = original(checks, case, before, tags[0], first)
        if after is None:
            return
        for path in case.run.old_volumes:
            hand_over(checks, first[path], path, notes)
        rewritten(checks, case, after, tags, second, result)


def hand_over(checks, volume, path, notes):
    """Does to an old volume what unroot's note tells the user to do."""
    told = [match for note in notes if (match := re.search(r"chown -R ([0-9]+:[0-9]+)", note))]
    checks.need("upgrade-note", told, f"no note says how {path} is handed over: {list(notes)}")
    words = ["run", "--rm", "--network", "none", "-v", f"{volume}:{path}", "debian:bookworm-slim"]
    engine.docker(*words, "chown", "-R", told[0].group(1), path)
