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
    # The RUNs of the blocks.
    added: set
    names_on_purpose: bool
    prepared: bool


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
    files = json.loads(run.stdout)["files"]
    notes = [note for file in files for note in file["notes"]]
    named = "--user-form name" in " ".join(args) or any("nothing tells the number of" in note for note in notes)
    edits = [edit for file in files for fix in file["fixes"] if fix["applied"] for edit in fix["edits"]]
    added = {run for edit in edits for run in runs(edit)}
    return Result(case + (" --unsafe" if unsafe else ""), before, after, added, named, "--prepare" in args)


def runs(edit):
    """The RUNs of an edit that inserts whole lines."""
    text = edit["text"] or ""
    if edit["offset"][0] != edit["offset"][1] or "\n" not in text:
        return []
    try:
        return [step.original for step in dockerfile.parse_string(text) if step.cmd.upper() == "RUN"]
    except dockerfile.GoParseError:
        return []


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


def allowed(result, code, line):
    """Whether a finding is one of the few that unroot cannot avoid; `line` is that of the result."""
    found = steps(result.after) or []
    if result.prepared and code in ("tally/user-created-but-never-used", "tally/stateful-root-runtime"):
        # With --prepare the switch of the user is left to a person.
        return True
    if b"sudo " in result.before.read_bytes() and b"sudo " not in result.after.read_bytes():
        # What a package manager does behind sudo, linters do not see.
        return True
    at = next((at for at, step in enumerate(found) if step.start_line == line), None)
    if at is None:
        return False
    is_added = [step.cmd.upper() == "RUN" and step.original in result.added for step in found]
    if code == "DL3059":
        # The one RUN of the block, directly below another RUN: joining the two would change a step of the build and
        # lose its cache, a third step between them is not to be had, and one or two commands are too few for hadolint
        # to take them for two steps on purpose.
        # The same where the folder for a download has to be there before the step that downloads.
        return at > 0 and (is_added[at] or is_added[at - 1]) and found[at - 1].cmd.upper() == "RUN"
    if code == "tally/prefer-run-heredoc":
        # A heredoc asks for BuildKit, and without `set -e` goes on after a command that failed. Told of the RUN of the
        # block, where it makes an account and hands over folders, or of the first of several RUNs that stand together
        # because it follows them, or because the USER between them moved below the steps that need root.
        last = at
        while last + 1 < len(found) and found[last + 1].cmd.upper() == "RUN":
            last += 1
        return any(is_added[at : last + 1]) or parted_by_user(result, [step.original for step in found[at : last + 1]])
    if code in ("DL3033", "DL3041", "tally/prefer-package-cache-mounts"):
        # Which version of the tools for accounts a base has is unknown, and a mount for the package manager's cache
        # asks for BuildKit: the step ends with the cache emptied.
        return is_added[at] and bool(TOOLS_INSTALL.search(found[at].original))
    if code == "DL3066":
        return result.names_on_purpose and found[at].cmd.upper() == "USER"
    return False


def parted_by_user(result, originals):
    """Whether a USER stood between two of these steps of the result, and nothing else."""
    before = steps(result.before) or []
    pairs = list(zip(originals, originals[1:]))
    return any(
        user.cmd.upper() == "USER" and (above.original, below.original) in pairs
        for above, user, below in zip(before, before[1:], before[2:])
    )


def grown(result, linter, before, after):
    """The findings of the codes that grow, those on lines that are not in the original first; what is allowed counts
    only where the same step had no such finding before."""
    originals = {step.start_line: step.original for step in steps(result.before) or []}
    old = Counter(code for code, _ in before)
    had = {(code, originals.get(line)) for code, line in before}
    now = {step.start_line: step.original for step in steps(result.after) or []}
    lines = result.after.read_bytes().decode("utf-8", "replace").split("\n")
    known = set(result.before.read_bytes().decode("utf-8", "replace").split("\n"))
    for code, count in Counter(code for code, _ in after).items():
        if count <= old[code]:
            continue
        places = [line for found, line in after if found == code]
        places = [line for line in places if (code, now.get(line)) in had or not allowed(result, code, line)]
        places.sort(key=lambda line: lines[min(line, len(lines)) - 1] in known)
        for line in places[: max(len(places) - old[code], 0)]:
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
