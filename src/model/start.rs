//! Start scripts and what programs write: what shows of the container's first process besides its name.

use super::entry::Program;
use super::hazard::{Hazard, Scene, Weight, hazard};
use super::script::shebang_is_shell;
use super::{Value, command, value};
use crate::facts::{self, Known, ProgramRole};
use crate::shell::{self, Dialect};
use crate::syntax::{Args, Keyword};

/// Looks at every program that the command starts.
pub(super) fn programs(scene: &Scene<'_>, found: &mut Vec<Hazard>) {
    for program in &scene.programs.list {
        written(scene, program, found);
        let role = facts::command(&program.name).map(|known| known.role);
        match role {
            Some(ProgramRole::Interpreter) => match script_argument(program) {
                Some(path) => script(scene, program, &path, found),
                None if is_bare_shell(program) => {
                    let message = format!(
                        "{} waits for somebody to type: a tool image, whose users may rely on root",
                        program.name
                    );
                    found.push(hazard("interactive", Weight::Unsafe, program.at.1, message));
                }
                None => {}
            },
            Some(ProgramRole::StartTool) => start_tool(scene, program, found),
            Some(_) => {}
            None => unknown(scene, program, found),
        }
    }
}

fn is_shell(name: &str) -> bool {
    matches!(name, "sh" | "bash" | "ash" | "dash" | "zsh")
}

fn is_bare_shell(program: &Program) -> bool {
    is_shell(&program.name) && program.arguments.iter().flatten().all(|argument| argument.starts_with('-'))
}

/// `sh start.sh`: the script that a shell runs.
fn script_argument(program: &Program) -> Option<String> {
    if !is_shell(&program.name) {
        return None;
    }
    program.arguments.iter().flatten().find(|argument| !argument.starts_with('-')).cloned()
}

/// A program that no template lists: a script of the project, a program built or copied here, or something installed.
fn unknown(scene: &Scene<'_>, program: &Program, found: &mut Vec<Hazard>) {
    let looks_like_script = [".sh", ".bash"].iter().any(|ending| program.path.ends_with(ending))
        || ["entrypoint", "start", "run", "init", "boot"].iter().any(|word| program.name.contains(word));
    let path = scene.model.program_path(scene.stage, &program.path);
    let read = path.as_deref().and_then(|path| context_file(scene, path));
    if looks_like_script || read.as_ref().is_some_and(|(_, text)| shebang_is_shell(text)) {
        return script(scene, program, &program.path, found);
    }
    if read.is_some_and(|(_, text)| text.starts_with(b"#!")) {
        return;
    }
    let brought = path.as_deref().is_some_and(|path| is_brought(scene, path));
    let message = if program.path.contains('/') && brought {
        return;
    } else {
        format!("nothing is known of {}: check that it starts and writes without root", program.path)
    };
    found.push(hazard("unknown-program", Weight::Unsafe, program.at.1, message));
}

/// Whether a copy or a RUN of the file surely brings the file at `path`.
fn is_brought(scene: &Scene<'_>, path: &str) -> bool {
    let owners = scene.model.owners(scene.stage);
    owners.copies.iter().any(|copy| {
        copy.destination.as_deref().is_some_and(|to| to == path || (to != "/" && value::within(path, to)))
            || (copy.into && copy.destination.as_deref() == Some("/"))
    })
}

fn context_file(scene: &Scene<'_>, path: &str) -> Option<(String, Vec<u8>)> {
    let found = scene.model.context_path(scene.stage, path, scene.files, scene.context?)?;
    let text = scene.files.read(&found)?;
    Some((found, text))
}

/// A start script: read from the build context if it is there.
fn script(scene: &Scene<'_>, program: &Program, path: &str, found: &mut Vec<Hazard>) {
    let at = program.at.1;
    let resolved = scene.model.program_path(scene.stage, path).or_else(|| {
        let cwd = scene.model.process_folder(scene.stage);
        cwd.text().map(|cwd| value::join(cwd, path))
    });
    let read = resolved.as_deref().and_then(|path| context_file(scene, path));
    let Some((file, text)) = read else {
        let message = format!(
            "{path} is a start script that cannot be read here: check that it needs no root and writes only where the account may"
        );
        found.push(hazard("start-script", Weight::Unsafe, at, message));
        return;
    };
    let dialect = if text.split(|byte| *byte == b'\n').next().is_some_and(|line| line.ends_with(b"bash")) {
        Dialect::Bash
    } else {
        Dialect::Posix
    };
    let Ok(tree) = shell::parse(&text, dialect).or_else(|_| shell::parse(&text, Dialect::Bash)) else {
        found.push(hazard("start-script", Weight::Unsafe, at, format!("{file} cannot be read as shell text")));
        return;
    };
    let commands = command::walk(&tree, &scene.model.process_folder(scene.stage), &mut |_| None);
    let needy = commands.iter().find(|ran| needs_root(ran));
    if let Some(ran) = needy {
        let message = format!("the start script {file} runs {}, which needs root", ran.name);
        found.push(hazard("start-script-root", Weight::Manual, at, message));
        return;
    }
    let message = format!("the start script {file} decides what runs: check what it writes");
    found.push(hazard("start-script", Weight::Unsafe, at, message));
}

fn needs_root(ran: &command::Ran) -> bool {
    let Some(known) = facts::command(&ran.name) else { return false };
    let role = matches!(known.role, ProgramRole::DropsRoot | ProgramRole::Init | ProgramRole::DaemonRoot);
    let server = known.role == ProgramRole::Server && known.port.is_none_or(|port| port < 1024);
    role || server || known.needs_root == Known::Yes || writes_system(ran)
}

/// `sed -i /etc/…`, `> /etc/…` and the like.
fn writes_system(ran: &command::Ran) -> bool {
    let system = |path: &str| {
        ["/etc", "/usr", "/run", "/var/run", "/var/log", "/var/lib"].iter().any(|folder| value::within(path, folder))
    };
    let redirected = ran.writes.iter().flatten().any(|path| system(path) && !path.starts_with("/dev/"));
    let edits = ran.name == "sed" && ran.arguments.iter().flatten().any(|argument| argument.starts_with("-i"));
    let makes = matches!(ran.name.as_str(), "mkdir" | "touch" | "cp" | "mv" | "ln" | "rm" | "tee");
    redirected || ((edits || makes) && ran.arguments.iter().flatten().any(|path| system(path)))
}

/// `ADD https://…` stores what it fetches with mode 0600 unless `--chmod` says otherwise (Dockerfile reference, ADD).
pub(super) fn remote_files(scene: &Scene<'_>, found: &mut Vec<Hazard>) {
    let model = scene.model;
    for (_, index) in model.lineage(scene.stage) {
        let Some(instruction) = model.instruction(index).filter(|found| found.keyword == Keyword::Add) else {
            continue;
        };
        let Args::Copy { sources, .. } = &instruction.args else { continue };
        let remote =
            |text: &str| (text.starts_with("http://") || text.starts_with("https://")) && !text.ends_with(".git");
        let name = sources.iter().map(|source| source.text.as_str()).find(|text| remote(text));
        let Some(name) = name.filter(|_| instruction.flag("chmod").is_none()) else { continue };
        let file = name.rsplit('/').next().unwrap_or("");
        // A later step that names the file unpacks it or opens it up.
        let runs = model
            .lineage(scene.stage)
            .into_iter()
            .filter(|(_, later)| *later > index && model.keyword(*later) == Keyword::Run);
        let handled = runs.into_iter().any(|(_, later)| !file.is_empty() && scene.text(later).contains(file));
        let started = scene.programs.list.iter().any(|program| {
            let words = program.arguments.iter().flatten().chain([&program.path]);
            !file.is_empty() && words.into_iter().any(|word| word.ends_with(file))
        });
        if !handled {
            let weight = if started { Weight::Manual } else { Weight::Unsafe };
            let message = format!("ADD stores {name} with mode 0600, readable for root only: give it --chmod=0644");
            found.push(hazard("remote-file", weight, index, message));
        }
    }
}

/// Modes that shut out everybody but the owner, on what stays root's.
pub(super) fn modes(scene: &Scene<'_>, found: &mut Vec<Hazard>) {
    let model = scene.model;
    let cwd = model.process_folder(scene.stage);
    let own = |path: &str| cwd.certain().is_some_and(|cwd| cwd != "/" && value::within(path, cwd));
    for (at, index) in model.lineage(scene.stage) {
        if model.keyword(index) != Keyword::Run {
            continue;
        }
        for ran in model.commands(at, index).list.iter().filter(|ran| ran.name == "chmod") {
            let mut operands = ran.operands();
            let mode = operands.next().and_then(|(_, text)| text).unwrap_or("");
            let paths: Vec<Option<String>> = operands.map(|(_, text)| ran.path(text)).collect();
            if shuts_out(mode) && !paths.iter().all(|path| path.as_deref().is_some_and(own)) {
                let message =
                    format!("`chmod {mode}` keeps everybody but root out: check that the process does not need it");
                found.push(hazard("mode", Weight::Unsafe, index, message));
            }
        }
    }
}

/// 700, 0600, 744 (a script must be readable and executable), `u+x`, `go-rwx`.
fn shuts_out(mode: &str) -> bool {
    if mode.bytes().all(|byte| byte.is_ascii_digit()) {
        let others = mode.bytes().last().map_or(0, |byte| byte - b'0');
        let owner = mode.bytes().rev().nth(2).map_or(0, |byte| byte - b'0');
        return others & 4 == 0 || (owner & 1 == 1 && others & 1 == 0);
    }
    mode.split(',').any(|part| part.starts_with("u+x") || part.starts_with("o-") || part.starts_with("go-"))
}

/// `npm start` and the like run what package.json says.
fn start_tool(scene: &Scene<'_>, program: &Program, found: &mut Vec<Hazard>) {
    if matches!(program.name.as_str(), "npx" | "next" | "vite" | "nuxt" | "webpack" | "nodemon" | "tsx" | "ts-node") {
        let message = format!("{} writes caches beside the installed packages", program.name);
        return found.push(hazard("framework-cache", Weight::Unsafe, program.at.1, message));
    }
    if matches!(program.name.as_str(), "go" | "cargo" | "mvn" | "gradle" | "gradlew" | "sbt" | "lein" | "stack" | "mix")
    {
        let message =
            format!("{} builds when the container starts, and writes beside the source and into caches", program.name);
        return found.push(hazard("builds-at-start", Weight::Unsafe, program.at.1, message));
    }
    if !matches!(program.name.as_str(), "npm" | "yarn" | "pnpm") {
        return;
    }
    let words: Vec<&str> =
        program.arguments.iter().flatten().map(String::as_str).filter(|word| !word.starts_with('-')).collect();
    let name = match words.as_slice() {
        ["run" | "run-script", name, ..] => *name,
        [name, ..] => *name,
        [] => "start",
    };
    let cwd = scene.model.process_folder(scene.stage);
    let manifest = cwd.text().and_then(|cwd| context_file(scene, &value::join(cwd, "package.json")));
    let text = manifest.and_then(|(_, text)| serde_json::from_slice::<serde_json::Value>(&text).ok());
    let script = text.as_ref().and_then(|json| json.get("scripts")?.get(name)?.as_str());
    let Some(script) = script else {
        let message = format!("what `{} {name}` runs stands in a package.json that cannot be read here", program.name);
        found.push(hazard("start-script", Weight::Unsafe, program.at.1, message));
        return;
    };
    let Ok(tree) = shell::parse(script.as_bytes(), Dialect::Posix) else {
        found.push(hazard(
            "start-script",
            Weight::Unsafe,
            program.at.1,
            format!("the script `{name}` of package.json cannot be read"),
        ));
        return;
    };
    let commands = command::walk(&tree, &Value::Unknown, &mut |_| None);
    let interpreter = |name: &str| facts::command(name).is_some_and(|known| known.role == ProgramRole::Interpreter);
    let plain = commands.iter().all(|ran| interpreter(&ran.name) && !is_shell(&ran.name));
    if !plain {
        let message =
            format!("`{} {name}` runs `{script}`, which may write caches beside the installed packages", program.name);
        found.push(hazard("framework-cache", Weight::Unsafe, program.at.1, message));
    }
}

/// Files that the command itself writes: redirections and options like `--pid`.
fn written(scene: &Scene<'_>, program: &Program, found: &mut Vec<Hazard>) {
    let mut paths: Vec<String> = program.writes.iter().flatten().cloned().collect();
    let words: Vec<&str> = program.arguments.iter().flatten().map(String::as_str).collect();
    for (at, word) in words.iter().enumerate() {
        let (name, value) = match word.split_once('=') {
            Some((name, value)) => (name, Some(value)),
            None => (*word, words.get(at + 1).copied()),
        };
        let name = name.trim_start_matches('-').to_ascii_lowercase();
        let writes =
            ["pid", "pidfile", "pid-file", "logfile", "log-file", "access-logfile", "error-logfile", "log-path"];
        if word.starts_with('-') && writes.contains(&name.as_str()) {
            paths.extend(value.map(str::to_owned));
        }
    }
    for path in
        paths.iter().filter(|path| path.starts_with('/') && !path.starts_with("/dev/") && !path.starts_with("/proc/"))
    {
        let folder = path.rsplit_once('/').map_or("/", |(folder, _)| if folder.is_empty() { "/" } else { folder });
        if scene.model.is_base_folder(scene.stage, folder) && !matches!(folder, "/tmp" | "/var/tmp") {
            let message = format!("the command creates {path}, and only root may create files in {folder}");
            found.push(hazard("system-file", Weight::Manual, program.at.1, message));
        } else if !matches!(folder, "/tmp" | "/var/tmp") {
            let message = format!("the command writes {path}: check that the account may");
            found.push(hazard("written-file", Weight::Unsafe, program.at.1, message));
        }
    }
}
