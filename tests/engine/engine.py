"""The Docker engine as the suite uses it, and what the host's /proc tells about a container.

/proc is read instead of programs in the container, as many images have none, and an image must not be its own witness.
"""

import http.client
import json
import os
import subprocess
import time
from pathlib import Path

PROBE = "/.probe-bin"
LABEL = f"unroot.suite={os.getpid()}"
# As a restricted Kubernetes namespace runs it. Without the sysctl Docker lets everybody bind port 80.
RESTRICTED = [
    "--cap-drop", "ALL",
    "--security-opt", "no-new-privileges",
    "--sysctl", "net.ipv4.ip_unprivileged_port_start=1024",
]  # fmt: skip


class EngineError(Exception):
    """A command of the engine failed."""


def docker(*words, limit=240, check=True):
    """stdout of a docker command; with check=False what came out on both."""
    try:
        done = subprocess.run(
            ["docker", *map(str, words)], capture_output=True, text=True, errors="replace", timeout=limit, check=False
        )
    except subprocess.TimeoutExpired as error:
        raise EngineError(f"docker {words[0]}: no end within {limit} s") from error
    if check and done.returncode:
        raise EngineError(f"docker {words[0]}: {(done.stderr or done.stdout).strip()}")
    return done.stdout if check else done.stdout + done.stderr


def build(folder, dockerfile, tag):
    """Builds without any network. The line `# syntax=` goes, as it would fetch a front end from a registry."""
    path = folder / dockerfile
    lines = path.read_bytes().split(b"\n")
    kept = [line for line in lines if not line.replace(b" ", b"").lower().startswith(b"#syntax=")]
    if len(kept) != len(lines):
        path.write_bytes(b"\n".join(kept))
    docker("build", "-q", "--network=none", "--pull=false", "-t", tag, "-f", path, folder)


def image(tag):
    """Config and size of an image."""
    return json.loads(docker("image", "inspect", tag))[0]


def clean_up():
    """Removes what an interrupted case left."""
    for listing, removal in ((["ps", "-aq"], ["rm", "-fv"]), (["volume", "ls", "-q"], ["volume", "rm", "-f"])):
        left = docker(*listing, "--filter", f"label={LABEL}", check=False).split()
        if left:
            docker(*removal, *left, check=False)


class Container:
    """A running container; removed with its anonymous volumes at the end of `with`."""

    def __init__(self, tag, name, run, port, volumes, restricted, user=None):
        words = ["run", "-d", "--name", name, "--label", LABEL, "--memory", "512m", "--pids-limit", "256"]
        words += ["-v", f"{os.environ['PROBE']}:{PROBE}:ro"]
        words += RESTRICTED if restricted else []
        words += ["--user", user] if user else []
        words += ["-p", f"127.0.0.1::{port}"] if port else []
        # The image's own check, only sooner.
        words += ["--health-interval", "1s"] if run.healthy else []
        for key, value in run.env.items():
            words += ["-e", f"{key}={value}"]
        for path, volume in volumes.items():
            words += ["-v", f"{volume}:{path}"]
        self.name, self.port, self.seen_uids = name, port, set()
        try:
            docker(*words, tag, *run.args)
            self.state()
        except EngineError:
            docker("rm", "-fv", name, check=False)
            raise

    def __enter__(self):
        return self

    def __exit__(self, *_):
        docker("rm", "-fv", self.name, check=False)

    def state(self):
        """Looks at the container; also notes the uids of its processes of this moment."""
        self.inspected = json.loads(docker("inspect", self.name))[0]
        self.seen_uids |= self._uids()
        return self.inspected["State"]

    @property
    def running(self):
        return self.state()["Running"]

    def _uids(self):
        """Real, effective, saved and file system uid of every process in the container's PID namespace."""
        first, found = self.inspected["State"]["Pid"], set()
        try:
            space = os.readlink(f"/proc/{first}/ns/pid") if first else None
        except OSError:
            return found
        for process in Path("/proc").glob("[0-9]*") if space else ():
            try:
                # runc on its way to become the container's program is not of the container yet.
                if os.readlink(process / "ns/pid") != space or (process / "comm").read_text().startswith("runc"):
                    continue
                status = (process / "status").read_text()
            except OSError:
                continue
            found.update(int(uid) for line in status.splitlines() if line.startswith("Uid:") for uid in line.split()[1:])
        return found

    def ports(self):
        """TCP ports on which something listens in the container's network namespace."""
        found = set()
        for table in ("tcp", "tcp6"):
            try:
                lines = Path(f"/proc/{self.inspected['State']['Pid']}/net/{table}").read_text().splitlines()[1:]
            except OSError:
                continue
            found.update(int(line.split()[1].rpartition(":")[2], 16) for line in lines if line.split()[3] == "0A")
        return found

    def log(self):
        return docker("logs", self.name, check=False)

    def request(self, path, body=None):
        """Status and text of an answer, over the port that is published on loopback."""
        host = docker("port", self.name, f"{self.port}/tcp").split()[0]
        connection = http.client.HTTPConnection(host, timeout=5)
        try:
            connection.request("GET" if body is None else "POST", path, body=body)
            answer = connection.getresponse()
            return answer.status, answer.read().decode(errors="replace")
        finally:
            connection.close()

    def until(self, wanted, seconds):
        """Calls `wanted` until it is true, the time is over or the container has ended; whether it was true."""
        end = time.monotonic() + seconds
        while True:
            running = self.running
            try:
                if wanted():
                    return True
            except (OSError, http.client.HTTPException, EngineError):
                pass
            if not running or time.monotonic() > end:
                return False
            time.sleep(0.15)

    def probe(self, *words):
        """Answers of the static helper, run as the container's user: a list of (path, answer)."""
        out = docker("exec", self.name, PROBE, *words)
        return [tuple(line.rpartition("\t")[::2]) for line in out.splitlines()]

    def changes(self):
        """(kind, path) of each path that the container changed: A, C or D. What the engine mounts is left out."""
        mounts = {mount["Destination"].rstrip("/") for mount in self.inspected["Mounts"]} | {"/dev", "/proc", "/sys"}
        found = [tuple(line.split(" ", 1)) for line in docker("diff", self.name).splitlines()]
        return [
            (kind, path)
            for kind, path in found
            if not any(path == mount or path.startswith(mount + "/") for mount in mounts)
        ]
