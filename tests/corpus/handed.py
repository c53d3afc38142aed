#!/usr/bin/env python3
"""Compares the folders that people handed over when they took an image off root with those that unroot hands over.

  python3 tests/corpus/handed.py BINARY PAIRS_DIR

BINARY     the unroot to ask
PAIRS_DIR  one folder a commit in which people took a Dockerfile off root: `before.Dockerfile`, `after.Dockerfile`,
           `meta.json` and `tree/`, the repository just before it (corpus.rs says where they come from)

The pairs are those that corpus.rs judges. In `after.Dockerfile`, a path counts as handed over when the final stage, or
a stage that it descends from,
  - gives it to an account other than root: chown, chgrp, `install -o`, `--chown` of COPY and ADD;
  - opens it to others or to the group: chmod, `mkdir -m`, `install -m`;
  - makes it with mkdir after USER named another account than root.
Only what `before.Dockerfile` did not do counts. Variables stand for their values where the file says them; a path that
is still unclear is shown and not counted. Of unroot it is `paths` of the report of `fix --unsafe --diff`.

A path of people is *same* when unroot names it, *covered* when unroot or `before.Dockerfile` hands over a folder above
it, else *people only*. *unroot only* are the paths of unroot that are no path of people, nor above or below one.
Covered does not prove that the process can write there: a folder above may be handed over alone. People only does not
prove that it cannot, or has to: somebody must read the pair.
"""
import concurrent.futures
import getopt
import json
import os
import posixpath
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

MOST_OF_A_REPOSITORY = 3
COLUMNS = ("same", "covered", "people only", "unroot only", "unclear")
FIXED = ("fixable", "fixed", "partial")
VARIABLE = re.compile(r"\$(?:\{(\w+)(?:(:?[-+])([^{}]*))?\}|(\w+))")
HOME = re.compile(r"^(~|\$HOME|\$\{HOME\})(?=/|$)")
FLAGS = re.compile(r"^(\s*--\S+)+")
SUBSTITUTION = re.compile(r"\$\([^()]*\)|`[^`]*`")
LED_BY = {"sudo", "exec", "then", "do", "else", "if", "elif", "while", "!", "{", "time", "command"}
SHORT = "RvfchpdDHLPso:g:m:t:"
LONG = "recursive verbose changes silent quiet parents directory from= reference= owner= group= mode= target-directory="


# The text of a Dockerfile

def instructions(text):
    """(KEYWORD, rest) of each logical line; the bodies of heredocs stand below the rest."""
    found = re.match(r"(?:\s*#.*\n)*?\s*#\s*escape\s*=\s*(\S)", text, re.I)
    more = re.compile(re.escape(found.group(1) if found else "\\") + r"[ \t]*$")
    lines, whole = iter(text.splitlines()), ""
    for line in lines:
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        whole += more.sub("", line)
        if not more.search(line):
            keyword, rest = (whole.split(None, 1) + [""])[:2]
            yield keyword.upper(), rest + (heredocs(rest, lines) if keyword.upper() == "RUN" else "")
            whole = ""


def heredocs(rest, lines):
    """The bodies of the heredocs that `rest` opens, read off `lines`."""
    body = ""
    for name in re.findall(r"<<-?[\"']?(\w+)[\"']?", rest):
        for line in lines:
            if line.strip() == name:
                break
            body += "\n" + line
    return body


def final_chain(text):
    """The instructions that make the final image: those of its stage, below those of the stages it descends from."""
    stages = [("", "", [])]
    for keyword, rest in instructions(text):
        if keyword == "FROM":
            base, *name = [word.lower() for word in rest.split() if not word.startswith("--")]
            stages.append((name[-1] if name else "", base, []))
        else:
            stages[-1][2].append((keyword, rest))
    _, wanted, chain = stages[-1]
    for index in range(len(stages) - 2, 0, -1):
        name, base, lines = stages[index]
        if wanted in (name, str(index - 1)):
            chain, wanted = lines + chain, base
    return stages[0][2] + chain


# Words of the shell

def expand(text, values):
    """`text` with the variables that `values` knows."""
    def value(found):
        name, how, other, plain = found.groups()
        known = values.get(name or plain)
        if how and "+" in how:
            return other if known else ""
        return known if known is not None else other if how else found.group()
    return VARIABLE.sub(value, VARIABLE.sub(value, text))


def tokens(text):
    """The words and operators of a shell text."""
    text = "\n".join(line for line in text.splitlines() if not line.lstrip().startswith("#"))
    text = re.sub(r"\s\d(?=[<>])", " ", SUBSTITUTION.sub("$_", text))
    lexer = shlex.shlex(text, posix=True, punctuation_chars=";&|()<>\n")
    lexer.whitespace, lexer.whitespace_split, lexer.commenters = " \t\r", True, ""
    try:
        return list(lexer)
    except ValueError:
        return re.sub(r"([;&|()\n]+)", r" \1 ", text).replace("\n", " ; ").split()


def commands(text):
    """The commands of a shell text as lists of words."""
    command, rest = [], iter(tokens(text) + [";", ";"])
    for token in rest:
        if token[:1] in ("<", ">") and not token.strip("<>&"):
            next(rest)
        elif token.strip(";&|()\n"):
            if command or token not in LED_BY:
                command.append(token)
        elif command:
            yield command
            command = []


# Who gets what

def is_root(owner):
    """Whether `user:group` gives nothing to anyone but root."""
    return all(re.fullmatch(r"root|\+?0*", part) for part in re.split("[:.]", owner.strip("\"'")))


def opens(mode):
    """Whether a mode lets others or the group write."""
    if re.fullmatch(r"[0-7]{3,5}", mode):
        return bool(int(mode, 8) & 0o022)
    return any(re.match(r"[ugo]*[goa][ugoa]*[+=]\w*w|g=u", part) for part in mode.split(","))


def given_by(words, user):
    """The paths that one command hands over when `user` runs it."""
    name = words[0].rsplit("/", 1)[-1]
    try:
        options, others = getopt.gnu_getopt(words[1:], SHORT, LONG.split())
    except getopt.GetoptError:
        return []
    options = {key.lstrip("-")[0]: value for key, value in options}
    mode, owner = options.get("m", ""), options.get("o", "") + ":" + options.get("g", "")
    if name in ("chown", "chgrp"):
        return [] if not others or is_root(others[0]) else others[1:]
    if name == "chmod":
        return others[1:] if others and opens(others[0]) else []
    if name == "mkdir":
        return others if opens(mode) or not is_root(user) else []
    if name == "install" and (opens(mode) or not is_root(owner)):
        return others if "d" in options else others[-1:]
    return []


def copied_to(rest, tree):
    """The paths that COPY or ADD with `--chown` makes, as it writes them."""
    rest = rest.split("\n", 1)[0]
    flags = dict(re.findall(r"--(\w+)=(\S+)", rest))
    plain = FLAGS.sub("", rest).strip()
    words = json.loads(plain) if plain.startswith("[") else plain.split()
    if is_root(flags.get("chown", "")) or len(words) < 2:
        return []
    *sources, target = words
    if len(sources) == 1 and not target.endswith(("/", ".")):
        return [target]
    def is_file(source):
        return (tree / source.lstrip("/")).is_file() if "from" not in flags else bool(posixpath.splitext(source)[1])
    return [posixpath.join(target, posixpath.basename(one)) if is_file(one) else target for one in sources]


def handed(dockerfile, tree):
    """The paths that a Dockerfile hands over, as a set."""
    values, cwd, user, paths = {}, "/", "root", set()
    for keyword, rest in final_chain(dockerfile.read_text(errors="replace")):
        given = []
        if keyword in ("ENV", "ARG"):
            remember(rest, values)
        elif keyword == "WORKDIR":
            cwd = posixpath.normpath(posixpath.join(cwd, expand(rest.strip().strip("\"'"), values)))
        elif keyword == "USER":
            user = expand(rest.split("#")[0].strip(), values).split(":")[0]
        elif keyword in ("COPY", "ADD"):
            given = [(cwd, path) for path in copied_to(expand(rest, values), tree)]
        elif keyword == "RUN":
            given = run(rest, values, cwd, user)
        for folder, path in given:
            paths.add(posixpath.normpath(posixpath.join(folder, path)))
    return paths


def run(rest, values, cwd, user):
    """(folder it is relative to, path) of all that a RUN hands over."""
    given, values = [], dict(values)
    home = values.get("HOME", "/root" if is_root(user) else "/home/" + user)
    rest = FLAGS.sub("", rest).strip()
    if rest.startswith("["):
        rest = " ".join(map(shlex.quote, json.loads(rest)))
    for command in commands(rest):
        words = [expand(word, values) for word in command]
        if all(re.match(r"\w+=", word) for word in words):
            values.update(word.split("=", 1) for word in words)
        elif words[0] == "cd" and len(words) > 1:
            cwd = posixpath.join(cwd, words[1])
        elif words:
            given += [(cwd, HOME.sub(home, path)) for path in given_by(words, user)]
    return given


def remember(rest, values):
    """Adds what an ENV or ARG sets to `values`."""
    words = tokens(rest)
    if words and "=" not in words[0] and len(words) > 1:
        words = [words[0] + "=" + " ".join(words[1:])]
    values.update((key, expand(value, values)) for key, mark, value in (word.partition("=") for word in words) if mark)


# The pairs

def chosen(pairs):
    """(folder, meta.json) of the pairs that are judged, in order."""
    seen, found = {}, []
    for folder in sorted(pairs.iterdir()):
        meta = json.loads((folder / "meta.json").read_text())
        if meta["root_certain"] and meta["default_branch"] and not meta["test_path"]:
            seen[meta["repo"]] = seen.get(meta["repo"], 0) + 1
            if seen[meta["repo"]] <= MOST_OF_A_REPOSITORY:
                found.append((folder, meta))
    return found


def ask(binary, pair, path):
    """What a run over the project, where some files change only together, says of the Dockerfile before."""
    with tempfile.TemporaryDirectory() as copy:
        tree = Path(copy, "tree")
        shutil.copytree(pair / "tree", tree, symlinks=True)
        (tree / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(pair / "before.Dockerfile", tree / path)
        command = [binary, "fix", "--unsafe", "--diff", "--isolated", "--verbose", "--format", "jsonl", path, "."]
        done = subprocess.run(command, cwd=tree, capture_output=True, check=False)
    rows = [json.loads(line) for line in done.stdout.decode().splitlines()]
    return next((row for row in rows if row["path"] == path), {"status": "none", "targets": []})


def above(paths, path):
    """Whether one of `paths` is a folder above `path`, which may end in a pattern."""
    return any(path.startswith(one.rstrip("/") + "/") for one in paths)


def compare(binary, pair, meta):
    """The columns of a pair's row, by name."""
    report = ask(binary, pair, meta["path_before"])
    ours = {one["path"] for target in report["targets"] for one in target["paths"] if one["path"]}
    before, after = (handed(pair / f"{which}.Dockerfile", pair / "tree") for which in ("before", "after"))
    new = after - before
    clear = {path for path in new if not re.search(r"[$~]", path)}
    same = clear & ours
    covered = {path for path in clear - same if above(ours | before, path)}
    extra = {path for path in ours - same if not above(clear, path) and not any(above({path}, one) for one in clear)}
    return {"status": report["status"], "same": same, "covered": covered, "people only": clear - same - covered,
            "unroot only": extra, "unclear": new - clear}


def lines_of(pair, meta, row):
    """What is printed of a pair."""
    counts = "  ".join(str(len(row[column])).rjust(len(column)) for column in COLUMNS)
    yield f"{pair.name}  {row['status']:<8}{counts}  {meta['repo']} {meta['path_before']}"
    yield from (f"      {column}: {' '.join(sorted(row[column]))}" for column in COLUMNS if row[column])


def main():
    """Prints the table and its sums."""
    binary, pairs = os.path.abspath(sys.argv[1]), chosen(Path(sys.argv[2]).resolve())
    with concurrent.futures.ThreadPoolExecutor() as pool:
        rows = list(pool.map(lambda one: compare(binary, *one), pairs))
    print("pair  status  " + "  ".join(COLUMNS))
    for (pair, meta), row in zip(pairs, rows):
        print("\n".join(lines_of(pair, meta, row)))
    handing = [(pair, meta, row) for (pair, meta), row in zip(pairs, rows)
               if row["same"] or row["covered"] or row["people only"]]
    fixed = [one for one in handing if one[2]["status"] in FIXED]
    missing = [one for one in fixed if one[2]["people only"]]
    print(f"\n{len(pairs)} pairs; in {len(handing)} of them people handed something over")
    print(f"{len(fixed)} of these are fixed by unroot, {len(fixed) - len(missing)} with every path of people; not:")
    for pair, meta, row in missing:
        print(f"  {pair.name} {meta['repo']}: {' '.join(sorted(row['people only']))}")


if __name__ == "__main__":
    main()
