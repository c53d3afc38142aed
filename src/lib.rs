//! unroot takes Dockerfiles off root.

#[cfg(feature = "cli")]
pub mod cli;
pub mod compose;
pub mod config;
pub mod context;
pub mod edit;
pub mod facts;
pub mod images;
pub mod kubernetes;
pub mod model;
pub mod options;
mod pipeline;
pub mod plan;
pub mod proof;
pub mod readme;
pub mod report;
pub mod rules;
pub mod shell;
pub mod source;
pub mod syntax;
pub mod yaml;

/// One repository or folder: its Dockerfiles and everything else in it.
pub struct Project<'a> {
    /// The Dockerfiles to look at.
    pub dockerfiles: Vec<Dockerfile>,
    /// All files of the project.
    pub files: &'a dyn context::Files,
}

/// A Dockerfile as it was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dockerfile {
    /// Relative to the current folder, for reports.
    pub shown: Vec<u8>,
    /// Relative to the project's root with `/`; `None` for stdin.
    pub path: Option<String>,
    /// What it holds.
    pub bytes: Vec<u8>,
}

/// What is found in the Dockerfiles of a project, and what they are with the fixes applied; in the same order.
pub fn fix(project: &Project<'_>, options: &options::Options) -> Vec<report::File> {
    let mut files: Vec<_> = project.dockerfiles.iter().map(|file| look(file, project.files, options)).collect();
    settle(&mut files);
    files
}

/// [`fix`] of one Dockerfile of a project, the only one that changes.
pub fn fix_one(dockerfile: &Dockerfile, files: &dyn context::Files, options: &options::Options) -> report::File {
    let mut file = [look(dockerfile, files, options)];
    settle(&mut file);
    let [file] = file;
    file
}

/// [`fix_one`] before it is known which other Dockerfiles change in the same run: see [`settle`].
pub fn look(dockerfile: &Dockerfile, files: &dyn context::Files, options: &options::Options) -> report::File {
    pipeline::run(dockerfile, files, options)
}

pub use pipeline::{Build, builds, is_stable, settle};

/// Id and page of every rule: what it means, why, before and after, when it is safe.
pub fn rules() -> Vec<(&'static str, &'static str)> {
    static PAGES: std::sync::LazyLock<Vec<String>> =
        std::sync::LazyLock::new(|| rules::ALL.iter().map(rules::Rule::page).collect());
    rules::ALL.iter().map(|rule| rule.id).zip(PAGES.iter().map(String::as_str)).collect()
}
