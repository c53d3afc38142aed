//! `templates/sources.yaml`: how the source of a program shows what it needs and writes; read, checked and packed.

use serde::Deserialize;

use super::check::{File, finish, parse};

/// The whole file.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Languages {
    /// One entry a language.
    pub languages: Vec<Language>,
}

/// A language.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Language {
    /// Its name.
    pub name: String,
    /// Its compilers or interpreters.
    pub programs: Vec<String>,
    /// Templates of images whose stages are built with it.
    #[serde(default)]
    pub images: Vec<String>,
    /// Endings of its files.
    pub endings: Vec<String>,
    /// Parts of the names of test files.
    pub tests: Vec<String>,
    /// A text that stands in the file that holds the program's start; empty when any may.
    pub main: String,
    /// Files that name its libraries.
    pub manifests: Vec<String>,
    /// Texts that stand in every call that writes files; none where no list can be whole, and so nothing is vouched for.
    pub writes: Vec<String>,
    /// Libraries that write files.
    pub libraries: Vec<String>,
    /// Calls that show something by themselves.
    pub shows: Shows,
    /// Where that is said.
    pub sources: Vec<String>,
}

/// Calls and conditions as they stand in a line, spaces and the kind of quotes aside; what begins with a word is no
/// method of something else. `<path>` is an absolute path in quotes, `<port>` a number or what stands for one, `<arg>`
/// whatever comes between.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Shows {
    /// What begins a comment that ends with its line.
    pub comment: String,
    /// What begins a comment or a text of several lines, and what ends it.
    pub blocks: Vec<(String, String)>,
    /// Options of the interpreter that take the next word.
    #[serde(default)]
    pub options: Vec<String>,
    /// Words of the interpreter before the file.
    #[serde(default)]
    pub verbs: Vec<String>,
    /// Programs that load a module named as `module:name`.
    #[serde(default)]
    pub loaders: Vec<String>,
    /// Options of them behind which the module stands.
    #[serde(default)]
    pub loads: Vec<String>,
    /// A text that stands where a compiled program begins; empty where an interpreter is told the file.
    #[serde(default)]
    pub begins: String,
    /// Words of lines that bring in another file.
    pub imports: Vec<String>,
    /// Conditions that hold for everybody but root.
    pub root_checks: Vec<String>,
    /// What ends the program.
    pub ends: Vec<String>,
    /// Calls that listen.
    pub listens: Vec<String>,
    /// What stands before the name of a variable of the environment that is read.
    pub environment: Vec<String>,
    /// Calls that make a folder.
    pub makes: Vec<String>,
    /// Calls that create a file where there is none.
    pub creates: Vec<String>,
    /// Folders below installed packages that caches are kept in.
    #[serde(default)]
    pub caches: Vec<String>,
    /// Calls by which a process becomes another user.
    #[serde(default)]
    pub turns: Vec<String>,
    /// Calls that only read what they name, and words of lines that do.
    #[serde(default)]
    pub reads: Vec<String>,
    /// What stands for the file itself or its folder.
    #[serde(default)]
    pub here: Vec<String>,
    /// What stands for the folder above that of the file.
    #[serde(default)]
    pub up: Vec<String>,
    /// Words of lines that ask others instead of listening.
    #[serde(default)]
    pub asks: Vec<String>,
    /// Calls that go to another folder.
    #[serde(default)]
    pub enters: Vec<String>,
    /// Calls that change the owner of a file.
    #[serde(default)]
    pub owns: Vec<String>,
    /// Options of the interpreter whose next word is code.
    #[serde(default)]
    pub codes: Vec<String>,
    /// What stands for a folder beside the package that source is installed as.
    #[serde(default)]
    pub instances: Vec<String>,
    /// What stands for the home of whoever runs the program.
    #[serde(default)]
    pub homes: Vec<String>,
    /// Files of the working folder that a loader runs by itself.
    #[serde(default)]
    pub settings: Vec<String>,
    /// Calls that load a file of settings by its name, which follows.
    #[serde(default)]
    pub settings_opens: Vec<String>,
    /// Calls that load a file of settings that is open already.
    #[serde(default)]
    pub settings_reads: Vec<String>,
    /// Calls that load a file of settings that lies beside the source.
    #[serde(default)]
    pub settings_beside: Vec<String>,
    /// Calls that make what files of settings are read into.
    #[serde(default)]
    pub settings_parsers: Vec<String>,
    /// Calls of that which read a file of settings.
    #[serde(default)]
    pub settings_fills: Vec<String>,
}

/// `sources.yaml`.
pub fn languages(path: &str, text: &str) -> Result<Languages, Vec<String>> {
    let languages: Languages = parse(path, text)?;
    let mut file = File { path, text, problems: Vec::new() };
    for language in &languages.languages {
        let name = format!("- name: {}", language.name);
        let from = text.lines().position(|line| line.trim() == name).unwrap_or(0);
        let lists = [&language.programs, &language.endings, &language.shows.environment];
        if lists.iter().any(|list| list.is_empty()) {
            file.wrong(from, &language.name, format!("`{}` without programs, endings or environment", language.name));
        }
        let shows = &language.shows;
        let lists = [
            &language.programs,
            &language.endings,
            &language.writes,
            &shows.root_checks,
            &shows.ends,
            &shows.listens,
            &shows.environment,
            &shows.makes,
            &shows.creates,
            &shows.caches,
            &shows.turns,
            &shows.verbs,
            &shows.loaders,
            &shows.loads,
            &shows.imports,
            &shows.reads,
            &shows.here,
            &shows.up,
            &shows.asks,
            &shows.enters,
            &shows.owns,
            &shows.settings,
            &shows.settings_opens,
            &shows.settings_reads,
            &shows.settings_beside,
            &shows.settings_parsers,
            &shows.settings_fills,
            &shows.homes,
            &shows.instances,
            &shows.codes,
        ];
        if lists.iter().any(|list| list.iter().any(|text| text.trim().is_empty())) || shows.comment.is_empty() {
            file.wrong(from, &language.name, format!("`{}` has an empty text", language.name));
        }
        if shows.blocks.iter().any(|(begin, end)| begin.is_empty() || end.is_empty()) {
            file.wrong(from, "blocks", format!("blocks of `{}`: what begins and what ends them", language.name));
        }
        let reads = shows.reads.iter().filter(|call| call.contains('<'));
        let paths = shows.makes.iter().chain(&shows.creates).chain(reads).map(|call| (call, "<path>"));
        for (call, part) in paths.chain(shows.listens.iter().map(|call| (call, "<port>"))) {
            if call.matches(part).count() != 1 || call.starts_with('<') {
                file.wrong(from, call, format!("`{call}`: a call that holds {part} once"));
            }
        }
        file.sources(&language.sources);
    }
    finish(file, languages)
}

/// The rows of the table of languages.
pub fn rows(languages: &Languages) -> impl Iterator<Item = String> {
    languages.languages.iter().map(|language| {
        format!(
            "Language {{ name: {:?}, programs: &{:?}, images: &{:?}, endings: &{:?}, tests: &{:?}, main: {:?}, manifests: &{:?}, writes: &{:?}, libraries: &{:?}, shows: {} }}",
            language.name,
            language.programs,
            language.images,
            language.endings,
            language.tests,
            language.main,
            language.manifests,
            language.writes,
            language.libraries,
            shows(&language.shows),
        )
    })
}

fn shows(shows: &Shows) -> String {
    format!(
        "Shows {{ comment: {:?}, blocks: &{:?}, options: &{:?}, verbs: &{:?}, loaders: &{:?}, loads: &{:?}, begins: {:?}, imports: &{:?}, root_checks: &{:?}, ends: &{:?}, listens: &{:?}, environment: &{:?}, makes: &{:?}, creates: &{:?}, caches: &{:?}, turns: &{:?}, reads: &{:?}, here: &{:?}, up: &{:?}, asks: &{:?}, enters: &{:?}, owns: &{:?}, settings: &{:?}, settings_opens: &{:?}, settings_reads: &{:?}, settings_beside: &{:?}, settings_parsers: &{:?}, settings_fills: &{:?}, homes: &{:?}, instances: &{:?}, codes: &{:?} }}",
        shows.comment,
        shows.blocks,
        shows.options,
        shows.verbs,
        shows.loaders,
        shows.loads,
        shows.begins,
        shows.imports,
        shows.root_checks,
        shows.ends,
        shows.listens,
        shows.environment,
        shows.makes,
        shows.creates,
        shows.caches,
        shows.turns,
        shows.reads,
        shows.here,
        shows.up,
        shows.asks,
        shows.enters,
        shows.owns,
        shows.settings,
        shows.settings_opens,
        shows.settings_reads,
        shows.settings_beside,
        shows.settings_parsers,
        shows.settings_fills,
        shows.homes,
        shows.instances,
        shows.codes,
    )
}
