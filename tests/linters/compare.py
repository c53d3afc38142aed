"""Compares the findings of linters on Dockerfiles before and after `unroot fix`.

Every case is fixed twice, with and without --unsafe. Findings are counted by their code, as lines move: a code that
grows is a failure, and so is a result that BuildKit's parser refuses though it took the original.
"""

import argparse
import json
import re
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import dockerfile

ROOT = Path(__file__).resolve().parents[2]
UNROOT = ROOT / "target/release/unroot"
TOOLS = Path(sys.executable).parent
WORKERS = 2
# So many Dockerfiles go to one process of a linter.
BATCH = 40

# `dnf install -y shadow-utils`, as a step that makes an account may begin on a base without the tools for it.
TOOLS_INSTALL = re.compile(r"\b(dnf|microdnf|yum)\b.*\binstall\b.*\bshadow-utils\b")


@dataclass
class Result:
    """A Dockerfile that unroot changed, and where it lies before and after."""

    case: str
    before: Path
    after: Path
    names_on_purpose: bool
    problem: str = ""


@dataclass(frozen=True)
class Failure:
    case: str
    linter: str
    code: str
    line: int

    def __str__(self):
        return f"{self.case}: {self.linter} {self.code} line {self.line}"


def fix(case, source, unsafe, work):
    """Copies a case and fixes the copy; nothing when the Dockerfile stays as it is."""
    before, after = work / "before" / "Dockerfile", work / "after" / "Dockerfile"
    args = []
    if source.is_dir():
        for copy in (before, after):
            shutil.copytree(source, copy.parent)
        if (source / "args").exists():
            args = (source / "args").read_text().split()
    else:
        for copy in (before, after):
            copy.parent.mkdir(parents=True)
            shutil.copyfile(source, copy)
    if unsafe and "--unsafe" not in args:
        args.append("--unsafe")
    command = [UNROOT, "fix", "--format", "json", "--jobs", "1", *args, after]
    run = subprocess.run(command, cwd=after.parent, capture_output=True, text=True)
    if after.read_bytes() == before.read_bytes():
        return None
    notes = [note for file in json.loads(run.stdout)["files"] for note in file["notes"]]
    named = "--user-form name" in " ".join(args) or any("nothing tells the number of" in note for note in notes)
    return Result(case + (" --unsafe" if unsafe else ""), before, after, named)


def lint(command, paths, work):
    """The text that a linter prints. It finds no configuration: neither in its environment nor in its folders."""
    environment = {"PATH": "/usr/bin:/bin", "HOME": str(work), "XDG_CONFIG_HOME": str(work)}
    command = [TOOLS / command[0], *command[1:], *paths]
    return subprocess.run(command, cwd=work, env=environment, capture_output=True, text=True).stdout


def hadolint(paths, work):
    """Code and line of every finding, by Dockerfile."""
    found = {path: [] for path in paths}
    for finding in json.loads(lint(["hadolint", "--format", "json"], paths, work)):
        found[Path(finding["file"])].append((finding["code"], finding["line"]))
    return found


def tally(paths, work):
    """Like `hadolint`. tally ends at the first Dockerfile that it cannot parse: that one is its own finding."""
    command = ["tally", "lint", "--no-config", "--slow-checks", "off", "--format", "json"]
    text = lint(command, paths, work)
    if not text.startswith("{"):
        if len(paths) == 1:
            return {paths[0]: [("unreadable", 1)]}
        half = len(paths) // 2
        return tally(paths[:half], work) | tally(paths[half:], work)
    found = {path: [] for path in paths}
    for file in json.loads(text)["files"]:
        for finding in file["violations"]:
            line = finding["location"]["start"]["line"]
            found[Path(file["file"])].append((finding["rule"].removeprefix("hadolint/"), max(line, 1)))
    return found


def buildkit(paths, _work):
    """What BuildKit's parser refuses."""
    return {path: [("refused", 1)] if steps(path) is None else [] for path in paths}


def steps(path):
    """The instructions of a Dockerfile, or nothing when BuildKit's parser refuses it."""
    try:
        return dockerfile.parse_string(path.read_bytes().decode("utf-8", "replace"))
    except dockerfile.GoParseError:
        return None


LINTERS = {"hadolint": hadolint, "tally": tally, "buildkit": buildkit}


# Blank lines are the file's own style: only a file that had none of these findings must not get one.
LAYOUT = {"tally/newline-between-instructions"}


def allowed(result, code, line):
    """Whether a new finding is what unroot means to write."""
    if code == "tally/prefer-run-heredoc":
        # A heredoc would ask for BuildKit where the file does not need it.
        return True
    if code == "tally/ruby/state-paths-not-writable-as-non-root":
        # tally does not see that the name in `chown -R` and the number in USER are one account.
        return any(re.search(r"chown -R \w+:\w+ /", step.original) for step in steps(result.after) or [])
    if code == "DL3059":
        # The block is one RUN; a RUN above it stays as it is, because steps of the build do not change.
        known = {step.original for step in steps(result.before) or []}
        return any(step.start_line == line and step.original not in known for step in steps(result.after) or [])
    if code == "DL3066":
        return result.names_on_purpose
    if code in ("DL3033", "DL3041", "tally/prefer-package-cache-mounts"):
        # Which version of the tools for accounts a base has is unknown.
        known = {step.original for step in steps(result.before) or []}
        added = [step for step in steps(result.after) or [] if step.original not in known]
        return any(step.start_line == line and TOOLS_INSTALL.search(step.original) for step in added)
    return False


def grown(result, linter, before, after):
    """The findings of the codes that grow: those on lines that are not in the original first."""
    counts = Counter(code for code, _ in before)
    lines = result.after.read_bytes().decode("utf-8", "replace").split("\n")
    known = set(result.before.read_bytes().decode("utf-8", "replace").split("\n"))
    for code, count in Counter(code for code, _ in after).items():
        places = [line for found, line in after if found == code]
        places.sort(key=lambda line: lines[min(line, len(lines)) - 1] in known)
        if code in LAYOUT and counts[code]:
            continue
        for line in places[: max(count - counts[code], 0)]:
            if not allowed(result, code, line):
                yield Failure(result.case, linter, code, line)


def main():
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--files", type=Path, help="a folder of real files, *.Dockerfile, instead of the cases")
    options.add_argument("--verbose", action="store_true", help="show the diff of every case that fails")
    options = options.parse_args()
    sources = sorted(options.files.glob("*.Dockerfile") if options.files else (ROOT / "tests/cases").iterdir())

    with tempfile.TemporaryDirectory() as folder, ThreadPoolExecutor(WORKERS) as pool:
        work = Path(folder)
        jobs = [(source, unsafe) for source in sources for unsafe in (False, True)]
        fixed = pool.map(lambda job: fix(job[0].name, *job, work / f"{job[0].name}-{int(job[1])}"), jobs)
        results = [result for result in fixed if result]

        paths = [path for result in results for path in (result.before, result.after)]
        batches = [paths[start : start + BATCH] for start in range(0, len(paths), BATCH)]
        failures = []
        for name, linter in LINTERS.items():
            found = {}
            for part in pool.map(lambda batch: linter(batch, work), batches):
                found |= part
            for result in results:
                failures += grown(result, name, found[result.before], found[result.after])

        for failure in sorted(failures, key=lambda failure: failure.case):
            print(failure)
        failed = {failure.case for failure in failures}
        if options.verbose:
            for result in results:
                if result.case in failed:
                    subprocess.run(["diff", "-u", result.before, result.after])
        if options.files:
            for (linter, code), count in Counter((each.linter, each.code) for each in failures).most_common():
                print(f"{count:6} {linter} {code}")
    print(f"{len(results) - len(failed)} passed, {len(failed)} failed")
    return 1 if failed or not results else 0


if __name__ == "__main__":
    sys.exit(main())
