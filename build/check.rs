//! Checks one file of `templates/`: every problem names its file and line.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde::de::DeserializeOwned;

use super::schema::{Account, Commands, Facts, Frameworks, Image, PackageAccount, Recipe, Tokens};
use super::values::{
    AT_START, COMMANDS, CONFIDENCES, FAMILIES, KNOWN, MOVED_WRITES, PROGRAM_KINDS, PROGRAM_ROLES, ROLES, STRATEGIES,
    TOOLS, WRITE_KINDS, WRITES, is_date, is_group, is_name, is_path, is_tag, is_user,
};

/// Problems of one file.
pub(super) struct File<'a> {
    pub(super) path: &'a str,
    pub(super) text: &'a str,
    pub(super) problems: Vec<String>,
}

impl File<'_> {
    /// A problem at the first line at or after line `from` (from 0) that holds `text`, best one with the key that the
    /// message starts with.
    pub(super) fn wrong(&mut self, from: usize, text: &str, message: String) {
        let key = message.split_inclusive(':').next().unwrap_or_default();
        let mut lines = self.text.lines().enumerate().skip(from);
        let with_key = lines.find(|(_, line)| line.contains(key) && line.contains(text)).map(|(at, _)| at);
        let line = with_key.or_else(|| line_of(self.text, from, text)).unwrap_or(from);
        self.problems.push(format!("{}:{}: {message}", self.path, line + 1));
    }

    fn one_of(&mut self, from: usize, key: &str, value: &str, known: &[&str]) {
        if !known.contains(&value) {
            let known = known.join(", ");
            self.wrong(from, value, format!("{key}: unknown value `{value}`, expected one of: {known}"));
        }
    }

    fn maybe_one_of(&mut self, from: usize, key: &str, value: Option<&String>, known: &[&str]) {
        if let Some(value) = value {
            self.one_of(from, key, value, known);
        }
    }

    fn path(&mut self, from: usize, key: &str, path: &str) {
        if !is_path(path) {
            self.wrong(
                from,
                path,
                format!("{key}: `{path}` is not an absolute path without `..`, `//` or `/` at its end"),
            );
        }
    }

    pub fn sources(&mut self, sources: &[String]) {
        if sources.is_empty() || sources.iter().any(|source| source.trim().is_empty()) {
            self.wrong(0, "sources:", "sources: at least one, none of them empty".to_owned());
        }
    }

    fn accounts(&mut self, from: usize, accounts: &[Account]) {
        let mut names = BTreeSet::new();
        for account in accounts {
            let name = &account.name;
            if !is_name(name) || account.uid == Some(0) {
                self.wrong(from, name, format!("accounts: `{name}` is no account besides root"));
            }
            if !names.insert(name) {
                self.wrong(from, name, format!("accounts: duplicate name `{name}`"));
            }
            for (key, id) in [("uid", account.uid), ("gid", account.gid)] {
                if id == Some(u32::MAX) {
                    self.wrong(from, &u32::MAX.to_string(), format!("{key} of `{name}`: {} is no id", u32::MAX));
                }
            }
            if !account.group.is_empty() && !is_group(&account.group) {
                self.wrong(from, &account.group, format!("accounts: `{}` is no group name", account.group));
            }
            if !account.home.is_empty() {
                self.path(from, "home", &account.home);
            }
            self.one_of(from, "role", &account.role, ROLES);
        }
    }

    fn facts(&mut self, from: usize, facts: &Facts) {
        self.maybe_one_of(from, "family", facts.family.as_ref(), FAMILIES);
        self.maybe_one_of(from, "tools", facts.tools.as_ref(), TOOLS);
        self.maybe_one_of(from, "shell", facts.shell.as_ref(), KNOWN);
        self.maybe_one_of(from, "command", facts.command.as_ref(), COMMANDS);
        self.maybe_one_of(from, "strategy", facts.strategy.as_ref(), STRATEGIES);
        if let Some(user) = &facts.default_user
            && !is_user(user)
        {
            self.wrong(from, user, format!("default-user: `{user}` is neither root, unknown nor an account"));
        }
        let accounts = facts.accounts.as_deref().unwrap_or_default();
        self.accounts(from, accounts);
        if facts.strategy.as_deref() == Some("use-builtin")
            && facts.accounts.is_some()
            && !accounts.iter().any(|account| matches!(account.role.as_str(), "app" | "server"))
        {
            self.wrong(
                from,
                "use-builtin",
                "strategy: `use-builtin` without an account of role app or server".to_owned(),
            );
        }
        for name in facts.groups.iter().flat_map(BTreeMap::keys).filter(|name| !is_name(name)) {
            self.wrong(from, name, format!("groups: `{name}` is no group name"));
        }
        if let Some(folder) = &facts.workdir {
            self.path(from, "workdir", folder);
        }
        for name in facts.env.iter().flat_map(BTreeMap::keys) {
            let fine = |c: char| c.is_ascii_alphanumeric() || c == '_';
            if name.is_empty() || !name.chars().all(fine) {
                self.wrong(from, name, format!("env: `{name}` is no name of a variable"));
            }
        }
        let mut ports = BTreeSet::new();
        for port in facts.ports.iter().flatten() {
            if *port == 0 || !ports.insert(port) {
                self.wrong(from, "ports:", format!("ports: {port} is no port, or stands twice"));
            }
        }
        for writable in facts.writable.iter().flatten() {
            self.path(from, "writable", &writable.path);
            self.one_of(from, "kind", &writable.kind, WRITE_KINDS);
        }
        for folder in facts.app_folders.iter().flatten() {
            self.path(from, "app-folders", folder);
        }
        if facts.drops.as_ref().is_some_and(|drops| drops.how.trim().is_empty()) {
            self.wrong(from, "drops:", "drops: how is empty".to_owned());
        }
    }
}

pub(super) fn parse<T: DeserializeOwned>(path: &str, text: &str) -> Result<T, Vec<String>> {
    serde_yaml::from_str(text).map_err(|error| {
        let line = error.location().map_or(1, |at| at.line());
        vec![format!("{path}:{line}: {error}")]
    })
}

pub(super) fn finish<T>(file: File<'_>, value: T) -> Result<T, Vec<String>> {
    if file.problems.is_empty() { Ok(value) } else { Err(file.problems) }
}

/// One file of `images/`.
pub fn image(path: &str, text: &str) -> Result<Image, Vec<String>> {
    let image: Image = parse(path, text)?;
    let mut file = File { path, text, problems: Vec::new() };
    let stem = Path::new(path).file_stem().and_then(|stem| stem.to_str()).unwrap_or_default();
    if image.id != stem {
        file.wrong(0, "id:", format!("id: `{}` is not the file's name `{stem}`", image.id));
    }
    if image.r#match.is_empty() {
        file.wrong(0, "match:", "match: no repository".to_owned());
    }
    for name in &image.r#match {
        repository(&mut file, 0, name);
    }
    file.sources(&image.sources);
    file.one_of(0, "confidence", &image.confidence, CONFIDENCES);
    if !is_date(&image.date) {
        file.wrong(0, "date:", format!("date: `{}` is not YYYY-MM", image.date));
    }
    file.facts(0, &image.facts());
    let mut from = line_of(text, 0, "variants:").unwrap_or(0);
    for variant in &image.variants {
        from = line_of(text, from + 1, "- ").unwrap_or(from);
        if let Some(first) = variant.tags.first().or_else(|| variant.repositories.first()) {
            from = line_of(text, from, first).unwrap_or(from);
        } else {
            file.wrong(from, "- ", "variants: neither tags nor repositories".to_owned());
        }
        for tag in variant.tags.iter().filter(|tag| !is_tag(tag)) {
            file.wrong(from, tag, format!("tags: `{tag}` is neither a glob nor a version range"));
        }
        for name in &variant.repositories {
            repository(&mut file, from, name);
        }
        file.facts(from, &variant.facts());
    }
    finish(file, image)
}

fn repository(file: &mut File<'_>, from: usize, name: &str) {
    let fine = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "._-/:*".contains(c);
    if name.is_empty() || name.starts_with('/') || name.ends_with('/') || !name.chars().all(fine) {
        file.wrong(from, name, format!("`{name}` is no repository in lower case"));
    }
}

/// `users.yaml`.
pub fn recipes(path: &str, text: &str) -> Result<Vec<Recipe>, Vec<String>> {
    let recipes: Vec<Recipe> = parse(path, text)?;
    let mut file = File { path, text, problems: Vec::new() };
    let mut families = BTreeSet::new();
    for recipe in &recipes {
        for family in &recipe.families {
            file.one_of(0, "families", family, FAMILIES);
            if !families.insert(family) {
                file.wrong(0, family, format!("families: `{family}` has two recipes"));
            }
        }
        if recipe.families.is_empty() || recipe.commands.is_empty() {
            file.wrong(0, "families:", "a recipe without families or commands".to_owned());
        }
        for folder in &recipe.folders {
            file.path(0, "folders", folder);
        }
        file.path(0, "home", &recipe.home);
        file.sources(&recipe.sources);
    }
    finish(file, recipes)
}

/// `commands.yaml`.
pub fn commands(path: &str, text: &str) -> Result<Commands, Vec<String>> {
    let commands: Commands = parse(path, text)?;
    let mut file = File { path, text, problems: Vec::new() };
    for (name, program) in &commands.programs {
        let from = line_of(text, 0, &format!("{name}:")).unwrap_or(0);
        file.maybe_one_of(from, "role", program.role.as_ref(), PROGRAM_ROLES);
        file.maybe_one_of(from, "root", program.root.as_ref(), KNOWN);
        file.maybe_one_of(from, "kind", program.kind.as_ref(), PROGRAM_KINDS);
        file.maybe_one_of(from, "writes", program.writes.as_ref(), WRITES);
        file.maybe_one_of(from, "at-start", program.at_start.as_ref(), AT_START);
        for writes in program.subcommands.values() {
            file.one_of(from, "subcommands", writes, WRITES);
        }
        if program.port == Some(0) {
            file.wrong(from, "port", format!("port of `{name}`: 0 is no port"));
        }
    }
    for maker in &commands.private_makers {
        file.sources(&maker.sources);
        if !maker.program.contains('/') {
            file.wrong(0, &maker.program, "program: from the folder that it is installed in".to_owned());
        }
    }
    for download in &commands.home_downloads {
        let marked = !download.marks.is_empty() || download.along.is_some();
        if !marked || download.marks.iter().any(String::is_empty) {
            file.wrong(0, &download.what, format!("home-downloads: `{}` without marks", download.what));
        }
        if let Some(moved) = &download.moved_by {
            let from = line_of(text, 0, &format!("- what: {}", download.what)).unwrap_or(0);
            file.one_of(from, "writes", &moved.writes, MOVED_WRITES);
            file.path(from, "to", &moved.to);
            if !download.settled_by.contains(&moved.name) {
                file.wrong(
                    from,
                    "moved-by",
                    format!("home-downloads: `{}` is not settled by {}", download.what, moved.name),
                );
            }
        }
        file.sources(&download.sources);
    }
    let mut packages = BTreeSet::new();
    for account in &commands.package_accounts {
        package_account(&mut file, account, &commands);
        for name in account.packages.iter().filter(|name| !packages.insert(*name)) {
            file.wrong(0, name, format!("package-accounts: `{name}` stands twice"));
        }
    }
    finish(file, commands)
}

/// One account of `package-accounts`.
fn package_account(file: &mut File<'_>, account: &PackageAccount, commands: &Commands) {
    let from = account.packages.first().and_then(|name| line_of(file.text, 0, &format!("- packages: [{name}")));
    let from = from.unwrap_or(0);
    if !is_name(&account.name) || !is_group(&account.group) || account.uid == 0 || account.gid == 0 {
        file.wrong(from, &account.name, format!("name: `{}` is no account besides root", account.name));
    }
    let lists = [&account.packages, &account.images, &account.servers, &account.owns];
    if lists.iter().any(|list| list.is_empty() || list.iter().any(String::is_empty)) {
        file.wrong(from, "packages", "package-accounts: without packages, images, servers or owns".to_owned());
    }
    for path in account.owns.iter().chain(&account.reads).chain([&account.home]) {
        file.path(from, "owns", path);
    }
    for program in account.servers.iter().chain(&account.tools) {
        if !commands.programs.contains_key(program) {
            file.wrong(from, program, format!("servers: `{program}` is no program of this file"));
        }
    }
    file.sources(&account.sources);
}

/// `frameworks.yaml`.
pub fn frameworks(path: &str, text: &str) -> Result<Frameworks, Vec<String>> {
    let frameworks: Frameworks = parse(path, text)?;
    let mut file = File { path, text, problems: Vec::new() };
    for framework in &frameworks.frameworks {
        if framework.manifests.is_empty() || framework.writes.is_empty() && framework.fills.is_empty() {
            file.wrong(0, &framework.name, format!("`{}` without manifests or writes", framework.name));
        }
        let folders = [&framework.writes, &framework.fills, &framework.code].into_iter().flatten();
        for folder in folders.chain(framework.again.values()) {
            file.path(0, "writes", &format!("/{folder}"));
        }
        file.sources(&framework.sources);
    }
    for database in &frameworks.databases {
        if database.files.is_empty() || database.marks.is_empty() || database.keys.is_empty() {
            file.wrong(0, &database.name, format!("`{}` without files, marks or keys", database.name));
        }
        file.sources(&database.sources);
    }
    for packed in &frameworks.packed_ports {
        if packed.manifests.is_empty() || packed.mark.is_empty() || packed.files.is_empty() || packed.key.is_empty() {
            file.wrong(0, &packed.name, format!("`{}` without manifests, mark, files or key", packed.name));
        }
        file.path(0, "folder", &format!("/{}", packed.folder));
        file.sources(&packed.sources);
    }
    finish(file, frameworks)
}

/// `tokens.yaml`.
pub fn tokens(path: &str, text: &str) -> Result<Tokens, Vec<String>> {
    let tokens: Tokens = parse(path, text)?;
    let mut file = File { path, text, problems: Vec::new() };
    for prefix in tokens.registries.iter().filter(|prefix| !prefix.ends_with('/')) {
        file.wrong(0, prefix, format!("registries: `{prefix}` does not end with `/`"));
    }
    let mut words = BTreeSet::new();
    for token in &tokens.tokens {
        let from = token.words.first().and_then(|word| line_of(text, 0, word)).unwrap_or(0);
        for word in &token.words {
            if word.is_empty() || word.contains(['-', '_', '/']) || !words.insert(word) {
                file.wrong(from, word, format!("words: `{word}` is no single word, or stands twice"));
            }
        }
        file.facts(from, &token.facts());
    }
    file.sources(&tokens.sources);
    finish(file, tokens)
}

fn line_of(text: &str, from: usize, part: &str) -> Option<usize> {
    text.lines().enumerate().skip(from).find(|(_, line)| line.contains(part)).map(|(at, _)| at)
}
