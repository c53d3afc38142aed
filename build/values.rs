//! What values `templates/` may hold.

/// Values of every enum, as templates write them.
pub(super) const FAMILIES: &[&str] = &[
    "debian",
    "ubuntu",
    "alpine",
    "busybox",
    "wolfi",
    "rhel",
    "fedora",
    "ubi",
    "ubi-minimal",
    "ubi-micro",
    "amazonlinux",
    "azurelinux",
    "photon",
    "suse",
    "arch",
    "scratch",
    "distroless",
    "windows",
    "nix",
    "other",
    "unknown",
];
pub(super) const TOOLS: &[&str] = &["shadow", "busybox", "none", "unknown"];
pub(super) const KNOWN: &[&str] = &["yes", "no", "unknown"];
pub(super) const COMMANDS: &[&str] = &["shell", "repl", "server", "tool", "none", "unknown"];
pub(super) const STRATEGIES: &[&str] = &[
    "create",
    "use-builtin",
    "already-nonroot",
    "entrypoint-drops",
    "needs-config",
    "numeric-only",
    "install-then-create",
    "swap-tag",
    "leave-alone",
    "builder-only",
    "check-image",
];
pub(super) const ROLES: &[&str] = &["app", "server", "login", "daemon"];
pub(super) const WRITE_KINDS: &[&str] = &["data", "cache", "log", "pid", "config", "home"];
pub(super) const CONFIDENCES: &[&str] = &["read", "documented", "recalled"];
pub(super) const PROGRAM_ROLES: &[&str] =
    &["plain", "wrapper", "interpreter", "start-tool", "server", "drops-root", "init", "daemon-root"];
pub(super) const PROGRAM_KINDS: &[&str] = &["packages", "accounts", "ownership", "build", "vcs", "plain"];
pub(super) const MOVED_WRITES: &[&str] = &["nothing", "folder", "tree"];
pub(super) const WRITES: &[&str] = &["nothing", "named", "output", "cwd", "system", "home", "unknown"];
/// How a server's configuration is written.
pub(super) const DIALECTS: &[&str] = &["braces", "lines", "caddyfile", "xml", "assignments", "keys", "hashed"];
pub(super) const AT_START: &[&str] = &["caches", "builds"];

/// An absolute path in its shortest form.
pub(super) fn is_path(path: &str) -> bool {
    let windows = path.get(1..3) == Some(":\\");
    let parts = || path.split('/').skip(1);
    windows
        || path == "/"
        || (path.starts_with('/') && !path.contains('$') && parts().all(|part| !part.is_empty() && part != ".."))
}

/// A name or number of an account besides root's.
pub(super) fn is_name(name: &str) -> bool {
    let fine = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
    !name.is_empty() && name != "root" && name.chars().all(fine)
}

/// A name or number of a group.
pub(super) fn is_group(name: &str) -> bool {
    name == "root" || is_name(name)
}

/// A default user: `root`, `unknown` or an account besides root.
pub(super) fn is_user(user: &str) -> bool {
    let mut parts = user.splitn(2, ':');
    let account = parts.next().unwrap_or_default();
    let group = parts.next();
    let named = is_name(account) && !account.trim_matches('0').is_empty() && group.is_none_or(is_group);
    matches!(user, "root" | "unknown") || named
}

/// `YYYY-MM`.
pub(super) fn is_date(date: &str) -> bool {
    let Some((year, month)) = date.split_once('-') else { return false };
    let number = |text: &str, digits: usize| text.parse::<u16>().ok().filter(|_| text.len() == digits);
    number(year, 4).is_some_and(|year| year >= 2013) && number(month, 2).is_some_and(|month| (1..=12).contains(&month))
}

/// A glob on tags or a version range.
pub(super) fn is_tag(tag: &str) -> bool {
    if let Some(version) = tag.strip_prefix(">=").or_else(|| tag.strip_prefix("<=")) {
        return version.split('.').all(|part| part.parse::<u32>().is_ok());
    }
    tag.chars().all(|c| c.is_ascii_alphanumeric() || "._-*".contains(c))
}
