"""Runs the cases and counter-cases on the engine that DOCKER_HOST names: see `run`, which starts one."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import case as cases
import engine
import project
from engine import EngineError
from prove import Checks, Stop, prove

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
UNROOT = os.environ.get("UNROOT") or ROOT / "target/release/unroot"
AT_ONCE = int(os.environ.get("JOBS", "2"))
HEREDOC = re.compile(rb"^\s*(?:run|copy|add)\b.*(?:<<-?['\"]?\w|\s--link\b)", re.IGNORECASE | re.MULTILINE)


def files_of(folder):
    return {path.relative_to(folder): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def copy(case, folder):
    """The case as a project of its own: unroot looks for .git to find where it begins."""
    if case.app:
        shutil.copytree(HERE / "apps" / case.app, folder)
    shutil.copytree(case.folder, folder, symlinks=True, dirs_exist_ok=True)
    for name in ("case.toml", "Dockerfile.naive"):
        (folder / name).unlink(missing_ok=True)
    (folder / ".git").mkdir(exist_ok=True)


def fix(case, folder, *options):
    """What `unroot fix` reports about the case's file."""
    words = [UNROOT, "fix", "--format", "json", *case.options, *options, case.dockerfile]
    done = subprocess.run(words, cwd=folder, capture_output=True, text=True, timeout=60, check=False)
    try:
        return json.loads(done.stdout)["files"][0]
    except (ValueError, LookupError) as error:
        raise cases.BadCase(f"unroot fix ended with {done.returncode}: {done.stderr.strip()}") from error


def status(checks, case, report, wanted):
    reasons = [finding["reason"] for finding in report["findings"] if finding.get("reason")]
    found = f"{report['status']} {' '.join(reasons)}".strip()
    holds = report["status"] == wanted and (wanted != "refused" or case.reason in reasons)
    checks.need("status", holds, f"{found}, not {wanted} {case.reason or ''}")


def rewrite(checks, case, folder):
    """Lets unroot rewrite the folder; returns its notes, or None where it refuses as expected."""
    before = files_of(folder)
    report = fix(case, folder)
    status(checks, case, report, case.expect)
    if case.expect != "fixed":
        checks("untouched", files_of(folder) == before, "a file was changed without --unsafe")
        hazards = [hazard["id"] for found in report["fixes"] for hazard in found["hazards"]]
        if case.hazard:
            checks("hazard", case.hazard in hazards, f"{hazards}, not {case.hazard}")
        report = fix(case, folder, "--unsafe")
        status(checks, case, report, "refused" if case.expect == "refused" else "fixed")
    if case.expect == "refused":
        checks("untouched", files_of(folder) == before, "a file was changed by a refusal")
        return None
    checks("rewritten", files_of(folder) != before, "no file was changed")
    return report["notes"]


def run_case(case, checks):
    with tempfile.TemporaryDirectory(prefix="unroot-") as temporary:
        before, after = Path(temporary, "before"), Path(temporary, "after")
        copy(case, before)
        copy(case, after)
        notes = ()
        if case.expect:
            notes = rewrite(checks, case, after)
        else:
            shutil.copy(case.folder / "Dockerfile.naive", after / case.dockerfile)
        shutil.rmtree(before / ".git")
        shutil.rmtree(after / ".git")
        kind = "case" if case.expect else "counter"
        prove(checks, case, before, None if notes is None else after, f"unroot-{kind}-{case.name}".lower(), notes or ())


def too_new(case):
    """Debian 12's engine, the fall-back, knows neither heredocs nor --link."""
    version = os.environ.get("ENGINE_VERSION", "26")
    return int(version.split(".")[0]) < 23 and HEREDOC.search((case.folder / case.dockerfile).read_bytes())


def outcome(folder):
    """(passed, line of the table, details) of one folder; `passed` is None if it was skipped."""
    began, checks = time.monotonic(), Checks()
    kind, label = folder.parent.name, folder.name
    if kind == "projects":
        return outcome_of_project(folder, checks, began)
    try:
        case = cases.read(folder)
        if too_new(case):
            return None, f"skip  {kind:7} {label:32} the engine knows no heredocs", []
        try:
            run_case(case, checks)
        except Stop:
            pass
    except (cases.BadCase, EngineError, OSError, subprocess.SubprocessError) as error:
        checks("suite", False, error)
        case = None
    failed = sorted(set(checks.failed))
    wanted = sorted(set(case.fails or [])) if case else []
    passed = case is not None and failed == wanted
    expected = "?" if case is None else " ".join([case.expect or "", f"fails {','.join(wanted)}" if wanted else ""]).strip()
    words = f"{'ok' if passed else 'FAIL':5} {kind:7} {label:32} {expected:24} {len(checks.done):3} checks {time.monotonic() - began:5.1f} s"
    details = [] if passed else [f"  {name}: {short(detail)}" for name, holds, detail in checks.done if not holds]
    if not passed and wanted:
        details.append(f"  expected to fail: {', '.join(wanted)}; failed: {', '.join(failed) or 'nothing'}")
    write_log(kind, label, words, checks)
    return passed, words, details, len(checks.done)


def outcome_of_project(folder, checks, began):
    """The same of a project of several services."""

    def copied(to):
        shutil.copytree(folder, to)
        (to / "project.toml").unlink()
        (to / ".git").mkdir()

    try:
        project.run(folder, checks, UNROOT, copied)
    except Stop:
        pass
    except (cases.BadCase, EngineError, OSError, ValueError, LookupError, subprocess.SubprocessError) as error:
        checks("suite", False, repr(error))
    passed = not checks.failed
    seconds = time.monotonic() - began
    words = f"{'ok' if passed else 'FAIL':5} project {folder.name:32} {'fixed':24} {len(checks.done):3} checks {seconds:5.1f} s"
    write_log("project", folder.name, words, checks)
    return passed, words, [f"  {name}: {short(detail)}" for name, holds, detail in checks.done if not holds], len(checks.done)


def short(detail):
    """The end of it, where the cause mostly stands; all of it is in the log."""
    lines = detail.splitlines()
    return "\n    ".join(lines if len(lines) < 8 else [lines[0], "...", *lines[-5:]])


def write_log(kind, label, words, checks):
    folder = Path(os.environ["WORK"], "logs")
    folder.mkdir(exist_ok=True)
    lines = [f"{'ok  ' if holds else 'FAIL'} {name}: {detail}" for name, holds, detail in checks.done]
    (folder / f"{kind}-{label}.txt").write_text("\n".join([words, *lines]) + "\n")


def chosen(names):
    """The folders to run: all, or those that are named."""
    folders = [path.parent for kind in ("cases", "counter") for path in sorted((HERE / kind).glob("*/case.toml"))]
    folders += [path.parent for path in sorted((HERE / "projects").glob("*/project.toml"))]
    unknown = set(names) - {folder.name for folder in folders}
    if unknown:
        sys.exit(f"no such case: {', '.join(sorted(unknown))}")
    return [folder for folder in folders if not names or folder.name in names]


def main():
    # Ends by an exception, so that what runs is removed.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    began, passed, failed, skipped, checks = time.monotonic(), 0, 0, 0, 0
    try:
        with ThreadPoolExecutor(AT_ONCE) as pool:
            for result in pool.map(outcome, chosen(sys.argv[1:])):
                print("\n".join([result[1], *result[2]]), flush=True)
                passed += result[0] is True
                failed += result[0] is False
                skipped += result[0] is None
                checks += result[3] if len(result) > 3 else 0
    finally:
        engine.clean_up()
    left = f", {skipped} skipped" if skipped else ""
    print(f"{checks} checks in {time.monotonic() - began:.0f} s")
    print(f"{passed} passed, {failed} failed{left}")
    return 0 if passed and not failed else 1


if __name__ == "__main__":
    sys.exit(main())
