//! Templates: facts of every tag, what differs by tag, and how a template is found by name.

use super::{
    ARCHITECTURES, Account, CommandKind, DefaultUser, Drop, Facts, Family, GLOBS, Known, NAMES, REGISTRIES, Strategy,
    TEMPLATES, TOKENS, Tools, Writable,
};

/// Facts of an image and of its tags.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Template {
    /// Facts of every tag.
    pub facts: Facts,
    /// When they were looked up, `YYYY-MM`.
    pub date: &'static str,
    /// What differs by tag.
    pub variants: &'static [Variant],
}

/// Facts that replace a template's for some tags.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Variant {
    /// Tag patterns; empty for all.
    pub tags: &'static [&'static str],
    /// Repository globs; empty for all.
    pub repositories: &'static [&'static str],
    /// What differs.
    pub overlay: Overlay,
}

/// Facts that may be replaced, one by one.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
#[allow(missing_docs)]
pub struct Overlay {
    pub family: Option<Family>,
    pub tools: Option<Tools>,
    pub shell: Option<Known>,
    pub default_user: Option<DefaultUser>,
    pub accounts: Option<&'static [Account]>,
    pub groups: Option<&'static [(&'static str, u32)]>,
    pub command: Option<CommandKind>,
    pub workdir: Option<&'static str>,
    pub env: Option<&'static [(&'static str, &'static str)]>,
    pub ports: Option<&'static [u16]>,
    pub writable: Option<&'static [Writable]>,
    pub app_folders: Option<&'static [&'static str]>,
    /// Account tools that its family has and it does not.
    pub lacks: Option<&'static [&'static str]>,
    pub drops: Option<Option<Drop>>,
    pub install_tools: Option<&'static str>,
    pub init: Option<&'static str>,
    pub server: Option<&'static str>,
    pub port_variable: Option<&'static str>,
    pub capable: Option<bool>,
    pub asks_itself: Option<bool>,
    pub strategy: Option<Strategy>,
    pub note: Option<&'static str>,
}

impl Overlay {
    /// Facts with these laid over.
    pub fn over(&self, base: Facts) -> Facts {
        Facts {
            family: self.family.unwrap_or(base.family),
            tools: self.tools.unwrap_or(base.tools),
            shell: self.shell.unwrap_or(base.shell),
            default_user: self.default_user.unwrap_or(base.default_user),
            accounts: self.accounts.unwrap_or(base.accounts),
            groups: self.groups.unwrap_or(base.groups),
            command: self.command.unwrap_or(base.command),
            workdir: self.workdir.unwrap_or(base.workdir),
            env: self.env.unwrap_or(base.env),
            ports: self.ports.unwrap_or(base.ports),
            writable: self.writable.unwrap_or(base.writable),
            app_folders: self.app_folders.unwrap_or(base.app_folders),
            lacks: self.lacks.unwrap_or(base.lacks),
            drops: self.drops.unwrap_or(base.drops),
            install_tools: self.install_tools.unwrap_or(base.install_tools),
            init: self.init.unwrap_or(base.init),
            server: self.server.unwrap_or(base.server),
            port_variable: self.port_variable.unwrap_or(base.port_variable),
            capable: self.capable.unwrap_or(base.capable),
            asks_itself: self.asks_itself.unwrap_or(base.asks_itself),
            strategy: self.strategy.unwrap_or(base.strategy),
            note: self.note.unwrap_or(base.note),
            ..base
        }
    }
}

/// What a word in an image's name or tag tells of it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Token {
    /// The words; a `#` at the end says that a version must follow, without it one may.
    pub words: &'static [&'static str],
    /// Whether what the Dockerfile does with the image counts for more.
    pub weak: bool,
    /// What it tells.
    pub overlay: Overlay,
}

/// Every template, by id.
pub fn templates() -> &'static [Template] {
    TEMPLATES
}

/// The template of a normalised repository: an exact name before a glob, a longer glob before a shorter one.
///
/// The flag says whether only a pattern for all images of a vendor (`vendor/*`) matched.
pub fn find(name: &str, glob: impl Fn(&str, &str) -> bool) -> Option<(&'static Template, bool)> {
    let exact = NAMES.binary_search_by(|(known, _)| (*known).cmp(name)).ok().and_then(|at| NAMES.get(at));
    let found = exact.or_else(|| GLOBS.iter().find(|(pattern, _)| glob(pattern, name)))?;
    Some((TEMPLATES.get(found.1)?, found.0.ends_with("/*")))
}

/// Words that tell of images that are in no template, in the order in which they decide.
pub fn tokens() -> &'static [Token] {
    TOKENS
}

/// Prefixes of a repository that name the same image, in the order in which they are dropped.
pub fn registries() -> &'static [&'static str] {
    REGISTRIES
}

/// Namespaces that hold the same images for one architecture.
pub fn architectures() -> &'static [&'static str] {
    ARCHITECTURES
}
