"""A project of several services: `unroot fix` rewrites it as a whole, and its compose file is brought up before and after.

The compose file is read here, as far as its services need it (compose specification): no `docker compose` is at hand.
"""

import http.client
import json
import os
import shlex
import subprocess
import tempfile
import time
import tomllib
from contextlib import ExitStack
from pathlib import Path

import engine
import yaml
from case import BadCase
from engine import Container, EngineError
from prove import DENIED, kubelet

KEYS = {"about", "get", "post", "after", "ports", "ready"}
SERVICE = {"build", "image", "command", "environment", "expose", "ports", "volumes", "depends_on"}


class Service(Container):
    """A service of a compose file; it knows those that were started before it by their names."""

    def __init__(self, project, name, said, folder, others, restricted):
        unknown = set(said) - SERVICE
        if unknown:
            raise BadCase(f"{name}: {', '.join(sorted(unknown))} is not brought up here")
        tag = said.get("image")
        if "build" in said:
            build = said["build"] if isinstance(said["build"], dict) else {"context": said["build"]}
            tag = f"{project}-{name}"
            engine.build(folder / build["context"], build.get("dockerfile", "Dockerfile"), tag)
        self.tag, self.built, self.name, self.seen_uids = tag, "build" in said, f"{project}-{name}-run", set()
        words = ["run", "-d", "--name", self.name, "--label", engine.LABEL]
        # The engine of the suite has no name server, which would need a firewall of its own.
        for other, container in others.items():
            words += ["--add-host", f"{other}:{container.address}"]
        words += engine.RESTRICTED if restricted and self.built else []
        for port in said.get("ports", []):
            words += ["-p", port]
        for key, value in said.get("environment", {}).items():
            words += ["-e", f"{key}={value}"]
        for volume in said.get("volumes", []):
            source, _, rest = volume.partition(":")
            words += ["-v", f"{(folder / source).resolve()}:{rest}"]
        try:
            engine.docker(*words, tag, *shlex.split(said.get("command", "")))
            self.state()
            self.address = self.inspected["NetworkSettings"]["Networks"]["bridge"]["IPAddress"]
        except EngineError:
            engine.docker("rm", "-fv", self.name, check=False)
            raise


def read(folder):
    """What project.toml asks for."""
    table = tomllib.loads((folder / "project.toml").read_text())
    if set(table) - KEYS or not table.get("about") or not table.get("get"):
        raise BadCase("project.toml: `about`, `get`, and nothing but " + ", ".join(sorted(KEYS)))
    return table


def up(folder, project, stack, restricted):
    """Brings all services up; they are removed at the end of the stack."""
    services = yaml.safe_load((folder / "compose.yaml").read_text())["services"]
    waiting, found = dict(services), {}
    while waiting:
        ready = [name for name, said in waiting.items() if not set(said.get("depends_on", [])) & set(waiting)]
        if not ready:
            raise BadCase("compose.yaml: the services wait for each other")
        for name in ready:
            found[name] = stack.enter_context(Service(project, name, waiting.pop(name), folder, found, restricted))
            if found[name].built:
                stack.callback(engine.docker, "rmi", "-f", found[name].tag, check=False)
    return services, found


def answers(checks, prefix, asked, published, containers):
    """Asks on the published port until all has been answered as the project says."""
    front, port = published
    path, *body, text = asked
    end, got = time.monotonic() + 20, ""
    while time.monotonic() < end:
        try:
            got = request(port, path, body[0] if body else None)
        except OSError as error:
            got = str(error)
        if text in got:
            break
        time.sleep(0.2)
    logs = "" if text in got else "\n".join(container.log()[-600:] for container in containers.values())
    checks(prefix + "answers", text in got, f"{front} {path} {text!r}: {got}\n{logs}")


def request(port, path, body):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET" if body is None else "POST", path, body=body)
        return connection.getresponse().read().decode(errors="replace")
    except http.client.HTTPException as error:
        return repr(error)
    finally:
        connection.close()


def look(checks, folder, table, project, old):
    """Brings the project up and looks at it; as the original, or as unroot wrote it."""
    prefix = "original-" if old else ""
    with ExitStack() as stack:
        services, containers = up(folder, project, stack, restricted=not old)
        published = [
            (name, int(str(port).split(":")[-2])) for name, said in services.items() for port in said.get("ports", [])
        ]
        for asked in table["get"] + table.get("post", []) + table.get("after", []):
            answers(checks, prefix, asked, published[0], containers)
        for name, ports in table.get("ports", {}).items():
            container, wanted = containers[name], ports[0 if old else 1]
            container.state()
            open_ports = container.ports()
            moved = old or ports[0] == ports[1] or ports[0] not in open_ports
            checks(prefix + "port", wanted in open_ports and moved, f"{name}: {sorted(open_ports)}")
        for name, container in containers.items():
            if not container.built:
                continue
            root = 0 in container.seen_uids
            checks(prefix + ("root" if old else "no-root"), root == old, f"{name}: uids {sorted(container.seen_uids)}")
            if not old:
                user = engine.image(container.tag)["Config"]["User"]
                checks("kubelet", kubelet(user) is None, f"{name}: {user!r}")
                denied = [line for line in container.log().splitlines() if DENIED.search(line)]
                checks("denied", not denied, f"{name}: " + "\n".join(denied[:5]))
        return published


def run(folder, checks, unroot, copy):
    """All checks of a project."""
    table = read(folder)
    with tempfile.TemporaryDirectory(prefix="unroot-") as temporary:
        before, after = Path(temporary, "before"), Path(temporary, "after")
        copy(before)
        copy(after)
        done = subprocess.run(
            [unroot, "fix", "--format", "json"], cwd=after, capture_output=True, text=True, timeout=60, check=False
        )
        ended = {file["path"]: file["status"] for file in json.loads(done.stdout)["files"]}
        wrong = {path: status for path, status in ended.items() if status != "fixed"}
        checks.need("status", not wrong and ended, f"{wrong or ended}: {done.stderr}")
        again = subprocess.run([unroot, "fix", "--diff"], cwd=after, capture_output=True, timeout=60, check=False)
        checks("stable", again.returncode == 0 and not again.stdout, again.stdout.decode(errors="replace"))
        project = f"unroot-project-{folder.name}-{os.getpid()}"
        first = look(checks, before, table, f"{project}-old", old=True)
        second = look(checks, after, table, f"{project}-new", old=False)
        checks("published", first == second, f"{first} became {second}")
