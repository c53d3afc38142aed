//! How the source of a program shows what it needs and writes.

use super::LANGUAGES;

/// A language whose source can be looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Language {
    /// Its name.
    pub name: &'static str,
    /// Its compilers or interpreters.
    pub programs: &'static [&'static str],
    /// Templates of images whose stages are built with it.
    pub images: &'static [&'static str],
    /// Endings of its files.
    pub endings: &'static [&'static str],
    /// Parts of the names of test files.
    pub tests: &'static [&'static str],
    /// A text that stands in the file that holds the program's start; empty when any may.
    pub main: &'static str,
    /// Files that name its libraries.
    pub manifests: &'static [&'static str],
    /// Texts that stand in every call that writes files; none where nothing can be vouched for.
    pub writes: &'static [&'static str],
    /// Libraries that write files.
    pub libraries: &'static [&'static str],
    /// Calls that show something by themselves.
    pub shows: Shows,
}

/// Calls and conditions as they stand in a line, spaces and the kind of quotes aside; what begins with a word is no
/// method of something else. `<path>` is an absolute path in quotes, `<port>` a number or what stands for one, `<arg>`
/// whatever comes between.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shows {
    /// What begins a comment that ends with its line.
    pub comment: &'static str,
    /// What begins a comment or a text of several lines, and what ends it.
    pub blocks: &'static [(&'static str, &'static str)],
    /// Options of the interpreter that take the next word.
    pub options: &'static [&'static str],
    /// Words of the interpreter before the file.
    pub verbs: &'static [&'static str],
    /// Programs that load a module named as `module:name`.
    pub loaders: &'static [&'static str],
    /// Options of them behind which the module stands.
    pub loads: &'static [&'static str],
    /// A text that stands where a compiled program begins; empty where an interpreter is told the file.
    pub begins: &'static str,
    /// Words of lines that bring in another file.
    pub imports: &'static [&'static str],
    /// Conditions that hold for everybody but root.
    pub root_checks: &'static [&'static str],
    /// What ends the program.
    pub ends: &'static [&'static str],
    /// Calls that listen.
    pub listens: &'static [&'static str],
    /// What stands before the name of a variable of the environment that is read.
    pub environment: &'static [&'static str],
    /// Calls that make a folder.
    pub makes: &'static [&'static str],
    /// Calls that create a file where there is none.
    pub creates: &'static [&'static str],
    /// Folders below installed packages that caches are kept in.
    pub caches: &'static [&'static str],
    /// Calls by which a process becomes another user.
    pub turns: &'static [&'static str],
    /// Calls that only read what they name, and texts of lines that do.
    pub reads: &'static [&'static str],
    /// What stands for the file itself or its folder.
    pub here: &'static [&'static str],
    /// What stands for the folder above that of the file.
    pub up: &'static [&'static str],
    /// Texts of lines that ask others instead of listening.
    pub asks: &'static [&'static str],
    /// Calls that go to another folder.
    pub enters: &'static [&'static str],
    /// Calls that change the owner of a file.
    pub owns: &'static [&'static str],
    /// Options of the interpreter whose next word is code.
    pub codes: &'static [&'static str],
    /// What stands for a folder beside the package that source is installed as.
    pub instances: &'static [&'static str],
    /// What stands for the home of whoever runs the program.
    pub homes: &'static [&'static str],
    /// Files of the working folder that a loader runs by itself.
    pub settings: &'static [&'static str],
    /// Calls that load a file of settings by its name, which follows.
    pub settings_opens: &'static [&'static str],
    /// Calls that load a file of settings that is open already.
    pub settings_reads: &'static [&'static str],
    /// Calls that load a file of settings that lies beside the source.
    pub settings_beside: &'static [&'static str],
    /// Calls that make what files of settings are read into.
    pub settings_parsers: &'static [&'static str],
    /// Calls of that which read a file of settings.
    pub settings_fills: &'static [&'static str],
}

/// Languages whose source can be looked at.
pub fn languages() -> &'static [Language] {
    LANGUAGES
}

impl Language {
    /// Whether a program is one of the language's own: `python3.12` is `python`.
    pub fn is_run_by(&self, program: &str) -> bool {
        let plain = program.trim_end_matches(|c: char| c.is_ascii_digit() || c == '.');
        self.programs.iter().any(|own| program == *own || plain == *own)
    }

    /// Whether a file of this name is its source.
    pub fn is_source(&self, name: &str) -> bool {
        self.endings.iter().any(|ending| name.ends_with(ending))
    }

    /// Whether a file of this name is a test.
    pub fn is_test(&self, name: &str) -> bool {
        self.tests.iter().any(|mark| name.contains(mark))
    }
}
