//! What holds whichever of two facts is true.

use crate::facts::{CommandKind, DefaultUser, Facts, Family, Known, Strategy, Tools};

/// Facts of a tag that may be of either kind: what both say; unknown or empty where they differ.
pub(super) fn either(one: Facts, other: Facts) -> Facts {
    let drops = (one.drops == other.drops).then_some(one.drops);
    let strategy = same(one.strategy, other.strategy, Strategy::CheckImage);
    Facts {
        family: same(one.family, other.family, Family::Unknown),
        tools: same(one.tools, other.tools, Tools::Unknown),
        shell: same(one.shell, other.shell, Known::Unknown),
        default_user: same(one.default_user, other.default_user, DefaultUser::Unknown),
        accounts: both(one.accounts, other.accounts),
        groups: both(one.groups, other.groups),
        command: same(one.command, other.command, CommandKind::Unknown),
        workdir: same(one.workdir, other.workdir, ""),
        env: both(one.env, other.env),
        ports: both(one.ports, other.ports),
        writable: both(one.writable, other.writable),
        app_folders: both(one.app_folders, other.app_folders),
        lacks: both(one.lacks, other.lacks),
        install_tools: same(one.install_tools, other.install_tools, ""),
        init: same(one.init, other.init, ""),
        server: same(one.server, other.server, ""),
        port_variable: same(one.port_variable, other.port_variable, ""),
        capable: one.capable || other.capable,
        asks_itself: one.asks_itself || other.asks_itself,
        drops: drops.unwrap_or_default(),
        // That it may drop root is nothing that a rewrite may go by.
        strategy: if drops.is_some() { strategy } else { Strategy::CheckImage },
        ..one
    }
}

fn same<T: PartialEq>(one: T, other: T, unknown: T) -> T {
    if one == other { one } else { unknown }
}

/// The shorter of two lists, if the other holds all of it.
fn both<T: PartialEq>(one: &'static [T], other: &'static [T]) -> &'static [T] {
    let within = |some: &[T], all: &[T]| some.iter().all(|item| all.contains(item));
    match (within(one, other), within(other, one)) {
        (true, _) => one,
        (false, true) => other,
        (false, false) => &[],
    }
}
