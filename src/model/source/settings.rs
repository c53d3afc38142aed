//! Ports that a started file takes from a file of settings: the file that it loads, and the value of the keys that it reads.

use super::line::is_word;
use super::started::File;
use super::{call, listen};
use crate::context::Entry;
use crate::model::file::ImageFile;
use crate::model::hazard::Scene;
use crate::model::{start, value};
use crate::source::Span;
use crate::yaml::{self, Node};

/// A port in a file of settings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Setting {
    /// The port.
    pub port: u16,
    /// The file's path in the project.
    pub file: String,
    /// Its digits.
    pub span: Span,
}

/// The ports that started files, or built programs, take from settings, where file, keys and value are certain.
pub fn settings(scene: &Scene<'_>) -> Vec<Setting> {
    let mut found = Vec::new();
    for file in scene.sources().iter().filter(|file| file.started) {
        let open = listen::unsettled(&file.lines, &file.language.shows);
        found.extend(open.iter().filter_map(|text| setting(scene, file, text)));
    }
    found.extend(super::packed::packed(scene));
    found.extend(super::listed::listed(scene));
    found.dedup();
    found
}

/// `config.getint("server","port")`: the value of what is loaded as `config`.
fn setting(scene: &Scene<'_>, file: &File, text: &str) -> Option<Setting> {
    let end = text.find(|letter| !is_word(letter))?;
    let (name, chain) = text.split_at_checked(end)?;
    let keys = keys(chain)?;
    let path = loaded(file, name)?;
    // Scripts, and commands that go elsewhere, may bring another file, or another folder.
    let enters = call::prepared(file.language.shows.enters);
    let moved = || file.lines.iter().any(|line| enters.iter().any(|call| line.text.contains(call.as_str())));
    if start::all(scene).iter().any(|program| program.script.is_some()) || goes(scene) || moved() {
        return None;
    }
    let folder = match path.begins_beside {
        true => file.folder()?,
        false => scene.model.process_folder(scene.stage).certain()?.to_owned(),
    };
    let place = value::join(&folder, &path.name);
    let held = scene.file(&place).filter(|_| !mounted(scene, &place))?;
    let is_file = matches!(scene.files.entry(&held.shown), Entry::File { .. });
    let span = look_up(&held, &keys).filter(|_| is_file)?;
    let port = std::str::from_utf8(span.of(&held.text)).ok()?.parse().ok()?;
    Some(Setting { port, file: held.shown, span })
}

/// Whether the command goes to another folder before it starts the program.
fn goes(scene: &Scene<'_>) -> bool {
    let entry = scene.model.entry(scene.stage);
    let texts = [entry.entrypoint, entry.cmd].into_iter().flatten().map(|(_, index)| scene.text(index));
    texts.into_iter().any(|text| text.contains("cd "))
}

/// The keys of `.get("a","b")`, `["a"]["b"]`, `.a.b` in their order; `None` for anything else.
fn keys(chain: &str) -> Option<Vec<String>> {
    let mut found = Vec::new();
    let mut rest = chain;
    while !rest.is_empty() {
        if let Some(inner) = rest.strip_prefix("[\"") {
            let (key, after) = inner.split_once("\"]")?;
            found.push(key.to_owned());
            rest = after;
        } else {
            let inner = rest.strip_prefix('.')?;
            let end = inner.find(|letter| !is_word(letter)).unwrap_or(inner.len());
            let (word, after) = inner.split_at_checked(end)?;
            let Some(arguments) = after.strip_prefix('(') else {
                found.push(word.to_owned());
                rest = after;
                continue;
            };
            let (arguments, after) = arguments.split_once(')').filter(|_| matches!(word, "get" | "getint"))?;
            // What stands in for a missing value comes last.
            let named = arguments.split(',').map_while(|text| text.strip_prefix('"')?.strip_suffix('"'));
            let before = found.len();
            found.extend(named.map(str::to_owned));
            if found.len() == before {
                return None;
            }
            rest = after;
        }
    }
    (!found.is_empty()).then_some(found)
}

/// A file that source loads.
struct Path {
    name: String,
    /// Whether it is looked for beside the source, and not in the working folder.
    begins_beside: bool,
}

/// The one file that a name is filled from, if every other line only reads it.
fn loaded(file: &File, name: &str) -> Option<Path> {
    let mut from: Option<Path> = None;
    let parser = |code: &str| file.language.shows.settings_parsers.iter().any(|parser| code.ends_with(parser));
    for line in file.lines.iter().filter(|line| call::holds(&line.text, name)) {
        let text = line.text.as_str();
        let made = call::assignment(text).is_some_and(|(set, code)| set == name && parser(code));
        match filled(file, text, name) {
            Some(_) if from.is_some() => return None,
            Some(path) => from = Some(path),
            None if made || reads(text, name) => {}
            None => return None,
        }
    }
    from
}

/// Whether a line only reads values of a name: `name["a"]`, `name.a`, `name.get("a")`.
fn reads(text: &str, name: &str) -> bool {
    let calls = ["get", "getint", "getboolean", "getfloat", "has_option", "has_section"];
    call::places(text, name).into_iter().all(|at| {
        let mut rest = text.get(at + name.len()..).unwrap_or("");
        if rest.starts_with(is_word) {
            return true;
        }
        let mut steps = 0;
        loop {
            if let Some(inner) = rest.strip_prefix('[') {
                let Some((_, after)) = inner.split_once(']') else { return false };
                rest = after;
            } else if let Some(inner) = rest.strip_prefix('.') {
                let end = inner.find(|letter| !is_word(letter)).unwrap_or(inner.len());
                let Some((word, after)) = inner.split_at_checked(end) else { return false };
                rest = after;
                if rest.starts_with('(') {
                    return calls.contains(&word);
                }
            } else {
                break;
            }
            steps += 1;
        }
        let sets = ["|=", "+=", ":="].iter().any(|sign| rest.starts_with(sign));
        steps > 0 && !sets && (!rest.starts_with('=') || rest.starts_with("=="))
    })
}

/// The file of settings that a line fills a name from.
fn filled(file: &File, text: &str, name: &str) -> Option<Path> {
    let shows = &file.language.shows;
    let begins =
        |text: &'_ str, calls: &[&str]| calls.iter().find_map(|call| text.strip_prefix(call).map(str::to_owned));
    let here = |name: String| Path { name, begins_beside: false };
    if let Some(rest) = text.strip_prefix(name).and_then(|rest| begins(rest, shows.settings_fills)) {
        return literal(&rest).map(here);
    }
    let (_, code) = call::assignment(text).filter(|(set, _)| *set == name)?;
    if let Some(rest) = begins(code, shows.settings_opens) {
        return literal(&rest).map(here);
    }
    if let Some(rest) = begins(code, shows.settings_beside) {
        let name = literal(&rest).filter(|name| name.starts_with("./"))?;
        return Some(Path { name, begins_beside: true });
    }
    // `with open("config.json") as f: config = json.load(f)`, where that name is given once.
    let inner = begins(code, shows.settings_reads)?;
    let ends = format!("as {}:", inner.strip_suffix(')')?);
    let mut opened = file.lines.iter().filter(|line| line.text.ends_with(&ends));
    let (Some(line), None) = (opened.next(), opened.next()) else { return None };
    literal(line.text.strip_prefix("with open(")?.strip_suffix(&ends)?.trim_end()).map(here)
}

/// The file's name that arguments begin with, where nothing but how it is read follows.
fn literal(arguments: &str) -> Option<String> {
    let (name, rest) = arguments.strip_prefix('"')?.split_once('"')?;
    let plain = rest.chars().all(|c| is_word(c) || matches!(c, ',' | ')' | '"' | '-' | '='));
    let known =
        ENDINGS.iter().any(|ending| name.ends_with(ending)) && !name.contains(['$', '{', '%']) && !name.contains("..");
    (plain && known).then(|| name.to_owned())
}

/// How names of files of settings end that are read here.
const ENDINGS: [&str; 6] = [".json", ".yml", ".yaml", ".ini", ".cfg", ".conf"];

/// Whether something is mounted over a file: a compose file or a manifest says so.
pub(super) fn mounted(scene: &Scene<'_>, place: &str) -> bool {
    let composed = scene.services.iter().flat_map(|service| &service.mounts);
    let deployed = |file: &str| {
        let text = scene.files.read(file).unwrap_or_default();
        let text = String::from_utf8_lossy(&text).into_owned();
        let mut paths = text.lines().filter_map(|line| line.trim().trim_start_matches("- ").strip_prefix("mountPath:"));
        paths.any(|path| value::meets(path.trim().trim_matches(['"', '\'']), place))
    };
    composed.into_iter().any(|mount| value::meets(&mount.target, place))
        || scene.workloads().iter().any(|workload| deployed(&workload.file))
}

/// The digits of a value.
fn look_up(file: &ImageFile, keys: &[String]) -> Option<Span> {
    match file.shown.rsplit('.').next() {
        Some("json" | "yml" | "yaml") => of_tree(&file.text, keys),
        _ => of_sections(&file.text, keys),
    }
}

/// The place of a value in a text of one document, without its quotes.
pub(super) fn of_tree(text: &[u8], keys: &[String]) -> Option<Span> {
    let documents = yaml::tree(text)?;
    let [document] = documents.as_slice() else { return None };
    if document.names_twice() {
        return None;
    }
    let node = keys.iter().try_fold(document, |node, key| if node.anchored { None } else { Node::get(node, key) })?;
    let quoted = usize::from(node.span.of(text).first().is_some_and(|byte| matches!(byte, b'"' | b'\'')));
    (!node.anchored && node.text().is_some()).then(|| Span::new(node.span.start + quoted, node.span.end - quoted))
}

/// The value of `key = value` below `[section]`; the names are those of Python's configparser, where case counts for
/// sections alone.
fn of_sections(text: &[u8], keys: &[String]) -> Option<Span> {
    let [section, key] = keys else { return None };
    let whole = std::str::from_utf8(text).ok()?;
    let (mut inside, mut start, mut found) = (false, 0, None);
    for line in whole.split_inclusive('\n') {
        let at = start;
        start += line.len();
        let plain = line.trim();
        if let Some(name) = plain.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
            inside = name == section;
            continue;
        }
        let Some(sign) = line.find(['=', ':']).filter(|_| inside && !plain.starts_with(['#', ';'])) else { continue };
        let (name, said) = (line.get(..sign)?, line.get(sign + 1..)?);
        if !name.trim().eq_ignore_ascii_case(key) || name.starts_with([' ', '\t']) {
            continue;
        }
        let from = at + sign + 1 + (said.len() - said.trim_start().len());
        if found.replace(Span::new(from, from + said.trim().len())).is_some() {
            return None;
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str, keys: &[&str], look: fn(&[u8], &[String]) -> Option<Span>) -> Option<String> {
        let keys: Vec<String> = keys.iter().map(|key| (*key).to_owned()).collect();
        let span = look(text.as_bytes(), &keys)?;
        Some(format!("{}:{}", span.start, String::from_utf8_lossy(span.of(text.as_bytes()))))
    }

    #[test]
    fn keys_stand_in_calls_brackets_and_members() {
        let of = |text: &str| keys(text).map(|keys| keys.join("/"));
        assert_eq!(of(".getint(\"server\",\"port\")").as_deref(), Some("server/port"));
        assert_eq!(of("[\"server\"][\"port\"]").as_deref(), Some("server/port"));
        assert_eq!(of(".server.port").as_deref(), Some("server/port"));
        assert_eq!(of("[\"server\"].getint(\"port\",fallback=80)").as_deref(), Some("server/port"));
        assert_eq!(of(".get(\"port\",80)").as_deref(), Some("port"));
        for other in ["", ".load()", ".get(name)", "[0]", ".a+1", "||80"] {
            assert_eq!(of(other), None, "{other}");
        }
    }

    #[test]
    fn values_of_sections() {
        let text = "[other]\nport = 1\n[server]\n# port = 2\nPort : 80 \n";
        assert_eq!(at(text, &["server", "port"], of_sections).as_deref(), Some("44:80"));
        assert_eq!(at("[server]\nport = 80\nport = 81\n", &["server", "port"], of_sections), None);
        assert_eq!(at("[server]\nname = x\n  port = 80\n", &["server", "port"], of_sections), None);
        assert_eq!(at(text, &["port"], of_sections), None);
    }

    #[test]
    fn values_of_trees() {
        assert_eq!(at("{\"server\": {\"port\": 80}}", &["server", "port"], of_tree).as_deref(), Some("20:80"));
        assert_eq!(at("server:\n  port: \"80\"\n", &["server", "port"], of_tree).as_deref(), Some("17:80"));
        assert_eq!(at("a: &x\n  port: 80\nb: *x\n", &["a", "port"], of_tree), None);
        assert_eq!(at("a: 1\na: 2\nport: 80\n", &["port"], of_tree), None);
        assert_eq!(at("port: 80\n---\nport: 81\n", &["port"], of_tree), None);
    }
}
