//! Writes checked templates as Rust: the static tables of `facts`.

use super::languages;
use super::read::Templates;
use super::reasons;
use super::schema::{
    Account, Along, Commands, Drops, Facts, FileDatabase, Framework, Image, MovedBy, PackageAccount, PackedPort,
    Recipe, Tokens, Variant, Writable,
};
use super::server_rows;
use super::words;

/// The source of `$OUT_DIR/facts.rs`.
pub fn tables(templates: &Templates) -> String {
    let mut out = String::new();
    let mut names = Vec::new();
    let mut globs = Vec::new();
    for (at, image) in templates.images.iter().enumerate() {
        for name in &image.r#match {
            if name.contains('*') { globs.push((name, at)) } else { names.push((name, at)) }
        }
    }
    names.sort();
    let literal = |glob: &str| glob.chars().filter(|c| *c != '*').count();
    globs.sort_by_key(|(glob, _)| (std::cmp::Reverse(literal(glob)), *glob));
    let pair = |(name, at): &(&String, usize)| format!("({name:?}, {at})");
    table(&mut out, "TEMPLATES", "Template", templates.images.iter().map(template));
    table(&mut out, "NAMES", "(&str, usize)", names.iter().map(pair));
    table(&mut out, "GLOBS", "(&str, usize)", globs.iter().map(pair));
    table(&mut out, "RECIPES", "AccountRecipe", templates.recipes.iter().map(recipe));
    commands(&mut out, &templates.commands);
    tokens(&mut out, &templates.tokens);
    table(&mut out, "LANGUAGES", "Language", languages::rows(&templates.languages));
    table(&mut out, "FRAMEWORKS", "Framework", templates.frameworks.frameworks.iter().map(framework));
    table(&mut out, "DATABASES", "FileDatabase", templates.frameworks.databases.iter().map(database));
    table(&mut out, "PACKED_PORTS", "PackedPort", templates.frameworks.packed_ports.iter().map(packed_port));
    table(&mut out, "SERVERS", "Server", server_rows::rows(&templates.servers));
    table(&mut out, "REASONS", "Reason", reasons::rows(&templates.reasons));
    out + &words::module(&templates.words)
}

fn table(out: &mut String, name: &str, kind: &str, rows: impl Iterator<Item = String>) {
    out.push_str(&format!("static {name}: &[{kind}] = &[\n"));
    for row in rows {
        out.push_str(&format!("    {row},\n"));
    }
    out.push_str("];\n");
}

fn list<T>(items: impl IntoIterator<Item = T>, show: impl Fn(T) -> String) -> String {
    format!("&[{}]", items.into_iter().map(show).collect::<Vec<_>>().join(", "))
}

fn texts(items: &[String]) -> String {
    list(items, |item| format!("{item:?}"))
}

fn option(value: Option<String>) -> String {
    value.map_or_else(|| "None".to_owned(), |value| format!("Some({value})"))
}

/// `ubi-minimal` of `Family` as `Family::UbiMinimal`.
fn value(kind: &str, value: &str) -> String {
    let capital = |part: &str| {
        let mut chars = part.chars();
        chars.next().into_iter().flat_map(char::to_uppercase).chain(chars).collect::<String>()
    };
    format!("{kind}::{}", value.split('-').map(capital).collect::<String>())
}

fn template(image: &Image) -> String {
    let written = fields(&image.facts());
    let defaults = |key: &str| match key {
        "family" => "Family::Unknown",
        "tools" => "Tools::Unknown",
        "shell" => "Known::Unknown",
        "default_user" => "DefaultUser::Unknown",
        "command" => "CommandKind::Unknown",
        "strategy" => "Strategy::CheckImage",
        "workdir" | "install_tools" | "init" | "server" | "port_variable" | "note" => "\"\"",
        "drops" => "None",
        "capable" | "asks_itself" => "false",
        _ => "&[]",
    };
    let facts: Vec<String> = written
        .into_iter()
        .map(|(key, value)| format!("{key}: {}", value.unwrap_or_else(|| defaults(key).to_owned())))
        .collect();
    format!(
        "Template {{ facts: Facts {{ id: {:?}, {}, sources: {}, confidence: {} }}, date: {:?}, variants: {} }}",
        image.id,
        facts.join(", "),
        texts(&image.sources),
        value("Confidence", &image.confidence),
        image.date,
        list(&image.variants, variant),
    )
}

fn variant(variant: &Variant) -> String {
    let (tags, repositories) = (texts(&variant.tags), texts(&variant.repositories));
    format!("Variant {{ tags: {tags}, repositories: {repositories}, overlay: {} }}", overlay(&variant.facts()))
}

fn overlay(facts: &Facts) -> String {
    let fields: Vec<String> =
        fields(facts).into_iter().map(|(key, value)| format!("{key}: {}", option(value))).collect();
    format!("Overlay {{ {} }}", fields.join(", "))
}

/// Every fact with its value as Rust, if it is told.
fn fields(facts: &Facts) -> [(&'static str, Option<String>); 22] {
    let of = |kind: &str, text: &Option<String>| text.as_ref().map(|text| value(kind, text));
    let text = |text: &Option<String>| text.as_ref().map(|text| format!("{text:?}"));
    [
        ("family", of("Family", &facts.family)),
        ("tools", of("Tools", &facts.tools)),
        ("shell", of("Known", &facts.shell)),
        ("default_user", facts.default_user.as_deref().map(user)),
        ("accounts", facts.accounts.as_ref().map(|accounts| list(accounts, account))),
        ("groups", facts.groups.as_ref().map(|groups| list(groups, |group| format!("{group:?}")))),
        ("command", of("CommandKind", &facts.command)),
        ("workdir", text(&facts.workdir)),
        ("env", facts.env.as_ref().map(|env| list(env, |entry| format!("{entry:?}")))),
        ("ports", facts.ports.as_ref().map(|ports| list(ports, u16::to_string))),
        ("writable", facts.writable.as_ref().map(|paths| list(paths, writable))),
        ("app_folders", facts.app_folders.as_deref().map(texts)),
        ("lacks", facts.lacks.as_deref().map(texts)),
        ("drops", facts.drops.as_ref().map(drops)),
        ("install_tools", text(&facts.install_tools)),
        ("init", text(&facts.init)),
        ("server", text(&facts.server)),
        ("port_variable", text(&facts.port_variable)),
        ("capable", facts.capable.map(|capable| capable.to_string())),
        ("asks_itself", facts.asks_itself.map(|asks| asks.to_string())),
        ("strategy", of("Strategy", &facts.strategy)),
        ("note", text(&facts.note)),
    ]
}

fn user(user: &str) -> String {
    match user {
        "root" => "DefaultUser::Root".to_owned(),
        "unknown" => "DefaultUser::Unknown".to_owned(),
        account => format!("DefaultUser::Account({account:?})"),
    }
}

fn account(account: &Account) -> String {
    format!(
        "Account {{ name: {:?}, uid: {:?}, gid: {:?}, group: {:?}, home: {:?}, role: {}, supplementary: {} }}",
        account.name,
        account.uid,
        account.gid,
        account.group,
        account.home,
        value("Role", &account.role),
        account.supplementary,
    )
}

fn writable(writable: &Writable) -> String {
    format!("Writable {{ path: {:?}, kind: {} }}", writable.path, value("WriteKind", &writable.kind))
}

fn drops(drops: &Drops) -> String {
    if drops.how == "none" {
        return "None".to_owned();
    }
    format!("Some(Drop {{ how: {:?}, when: {:?} }})", drops.how, drops.when)
}

fn recipe(recipe: &Recipe) -> String {
    format!(
        "AccountRecipe {{ families: {}, commands: {}, folders: {}, system: {}, lacks: {}, brought_by: {}, home: {:?} }}",
        list(&recipe.families, |family| value("Family", family)),
        texts(&recipe.commands),
        texts(&recipe.folders),
        texts(&recipe.system),
        texts(&recipe.lacks),
        texts(&recipe.brought_by),
        recipe.home,
    )
}

fn commands(out: &mut String, commands: &Commands) {
    let or = |kind: &str, text: &Option<String>, other: &str| value(kind, text.as_deref().unwrap_or(other));
    let rows = commands.programs.iter().map(|(name, program)| {
        format!(
            "ProgramFacts {{ name: {name:?}, role: {}, needs_root: {}, kind: {}, writes: {}, subcommands: {}, port: {:?}, at_start: {}, keeps: {:?}, kept_elsewhere_by: {}, expands: {:?}, options_from: {}, peer: {:?}, applet: {}, closed: {} }}",
            or("ProgramRole", &program.role, "plain"),
            or("Known", &program.root, "unknown"),
            or("ProgramKind", &program.kind, "plain"),
            or("Writes", &program.writes, "unknown"),
            list(&program.subcommands, |(name, writes)| format!("({name:?}, {})", value("Writes", writes))),
            program.port,
            option(program.at_start.as_ref().map(|text| value("AtStart", text))),
            program.keeps,
            texts(&program.kept_elsewhere_by),
            program.expands,
            texts(&program.options_from),
            program.peer,
            program.applet.as_ref().map_or("None".to_owned(), |it| format!("Some(({:?}, {:?}))", it.told_by, it.root_for)),
            option(program.closed.as_ref().map(|closed| format!("({}, {:?})", value("Family", &closed.family), closed.folder))),
        )
    });
    table(out, "PROGRAMS", "ProgramFacts", rows);
    table(out, "APP_ACCOUNTS", "&str", commands.app_accounts.iter().map(|name| format!("{name:?}")));
    let rows = commands.home_downloads.iter().map(|download| {
        let (marks, settled) = (texts(&download.marks), texts(&download.settled_by));
        let text = texts(&download.settled_text);
        format!(
            "HomeDownload {{ what: {:?}, marks: {marks}, along: {}, settled_by: {settled}, settled_text: {text}, moved_by: {} }}",
            download.what,
            option(download.along.as_ref().map(along)),
            option(download.moved_by.as_ref().map(moved_by))
        )
    });
    table(out, "HOME_DOWNLOADS", "HomeDownload", rows);
    table(out, "HOME_READERS", "&str", commands.home_readers.iter().map(|word| format!("{word:?}")));
    table(out, "HOME_FILES", "&str", commands.home_files.iter().map(|name| format!("{name:?}")));
    let makers = commands.private_makers.iter();
    table(out, "PRIVATE_MAKERS", "(&str, &str)", makers.map(|it| format!("({:?}, {:?})", it.program, it.folder)));
    table(out, "TOOL_VARIABLES", "&str", commands.tool_variables.iter().map(|name| format!("{name:?}")));
    table(out, "PACKAGE_ACCOUNTS", "PackageAccount", commands.package_accounts.iter().map(package_account));
}

fn package_account(account: &PackageAccount) -> String {
    format!(
        "PackageAccount {{ packages: {}, images: {}, name: {:?}, uid: {}, group: {:?}, gid: {}, home: {:?}, servers: {}, tools: {}, owns: {}, reads: {} }}",
        texts(&account.packages),
        texts(&account.images),
        account.name,
        account.uid,
        account.group,
        account.gid,
        account.home,
        texts(&account.servers),
        texts(&account.tools),
        texts(&account.owns),
        texts(&account.reads),
    )
}

fn along(along: &Along) -> String {
    format!(
        "Along {{ manifest: {:?}, holds: {}, runs: {}, below: {:?}, started: {}, settled_files: {} }}",
        along.manifest,
        texts(&along.holds),
        texts(&along.runs),
        along.below,
        texts(&along.started),
        texts(&along.settled_files)
    )
}

fn moved_by(moved: &MovedBy) -> String {
    format!(
        "MovedBy {{ name: {:?}, to: {:?}, from: {:?}, made_first: {}, fills: {}, writes: {} }}",
        moved.name,
        moved.to,
        moved.from,
        moved.made_first,
        texts(&moved.fills),
        value("MovedWrites", &moved.writes)
    )
}

fn framework(framework: &Framework) -> String {
    format!(
        "Framework {{ name: {:?}, manifests: {}, programs: {}, writes: {}, fills: {}, code: {}, whole: {}, unless: {}, again: {} }}",
        framework.name,
        list(&framework.manifests, |(file, marks)| format!("({file:?}, {})", texts(marks))),
        texts(&framework.programs),
        texts(&framework.writes),
        texts(&framework.fills),
        texts(&framework.code),
        framework.whole,
        list(&framework.unless, |(file, marks)| format!("({file:?}, {})", texts(marks))),
        list(&framework.again, |pair| format!("{pair:?}")),
    )
}

fn database(database: &FileDatabase) -> String {
    format!(
        "FileDatabase {{ name: {:?}, files: {}, marks: {}, keys: {}, beside: {} }}",
        database.name,
        texts(&database.files),
        texts(&database.marks),
        texts(&database.keys),
        database.beside,
    )
}

fn tokens(out: &mut String, tokens: &Tokens) {
    table(out, "REGISTRIES", "&str", tokens.registries.iter().map(|prefix| format!("{prefix:?}")));
    table(out, "ARCHITECTURES", "&str", tokens.architectures.iter().map(|name| format!("{name:?}")));
    let rows = tokens.tokens.iter().map(|token| {
        let overlay = overlay(&token.facts());
        format!("Token {{ words: {}, weak: {}, overlay: {overlay} }}", texts(&token.words), token.weak)
    });
    table(out, "TOKENS", "Token", rows);
}

fn packed_port(it: &PackedPort) -> String {
    let lists = [
        ("manifests", &it.manifests),
        ("files", &it.files),
        ("others", &it.others),
        ("variables", &it.variables),
        ("builders", &it.builders),
        ("unless_manifests", &it.unless_manifests),
        ("unless_settings", &it.unless_settings),
        ("unless_arguments", &it.unless_arguments),
        ("unless_steps", &it.unless_steps),
    ];
    let lists = lists.map(|(name, list)| format!("{name}: {}", texts(list))).join(", ");
    format!(
        "PackedPort {{ mark: {:?}, program: {:?}, folder: {:?}, key: {:?}, {lists} }}",
        it.mark, it.program, it.folder, it.key
    )
}
