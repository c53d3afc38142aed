//! `adduser` and `addgroup`: Debian's scripts (adduser(8) of Debian 12) and BusyBox's applets (loginutils/adduser.c and
//! addgroup.c of BusyBox 1.37), whose options share letters and not meanings.

use super::super::argv::Takes::{Nothing, Value as Takes1};
use super::super::argv::{Argument, Arguments, Spec, Value};
use super::{AccountEffect, AddGroup, AddUser, Adduser, Call, Id, id_span, shadow};

/// adduser(8), addgroup(8) and adduser.conf(5); old spellings with `_` and new ones with `-`.
const DEBIAN: &[Spec] = &[
    ('\0', "add_extra_groups", Nothing),
    ('\0', "add-extra-groups", Nothing),
    ('\0', "allow-all-names", Nothing),
    ('\0', "allow-bad-names", Nothing),
    ('\0', "allow-badname", Nothing),
    ('\0', "comment", Takes1),
    ('c', "conf", Takes1),
    ('d', "debug", Nothing),
    ('\0', "disabled-login", Nothing),
    ('\0', "disabled-password", Nothing),
    ('\0', "encrypt-home", Nothing),
    ('\0', "firstgid", Takes1),
    ('\0', "firstuid", Takes1),
    ('\0', "force-badname", Nothing),
    ('\0', "gecos", Takes1),
    ('\0', "gid", Takes1),
    ('\0', "group", Nothing),
    ('h', "help", Nothing),
    ('\0', "home", Takes1),
    ('\0', "ingroup", Takes1),
    ('\0', "lastgid", Takes1),
    ('\0', "lastuid", Takes1),
    ('\0', "no-create-home", Nothing),
    ('q', "quiet", Nothing),
    ('\0', "shell", Takes1),
    ('\0', "system", Nothing),
    ('u', "uid", Takes1),
    ('v', "verbose", Nothing),
];

/// `adduser [-h DIR] [-g GECOS] [-s SHELL] [-G GRP] [-SDH] [-u UID] [-k SKEL] USER [GROUP]`
const BUSYBOX_USER: &[Spec] = &[
    ('h', "home", Takes1),
    ('g', "gecos", Takes1),
    ('s', "shell", Takes1),
    ('G', "ingroup", Takes1),
    ('D', "disabled-password", Nothing),
    ('\0', "empty-password", Nothing),
    ('S', "system", Nothing),
    ('H', "no-create-home", Nothing),
    ('u', "uid", Takes1),
    ('k', "skel", Takes1),
];

/// `addgroup [-g GID] [-S] [USER] GROUP`
const BUSYBOX_GROUP: &[Spec] = &[('g', "gid", Takes1), ('S', "system", Nothing)];

/// Debian's deluser(8) and delgroup(8), and BusyBox's `deluser [--remove-home] USER`.
const DELUSER: &[Spec] = &[
    ('\0', "backup", Nothing),
    ('\0', "backup-to", Takes1),
    ('c', "conf", Takes1),
    ('\0', "group", Nothing),
    ('\0', "only-if-empty", Nothing),
    ('q', "quiet", Nothing),
    ('\0', "remove-all-files", Nothing),
    ('\0', "remove-home", Nothing),
    ('\0', "system", Nothing),
];

/// Whose options these are, when it is not known: BusyBox's are letters, Debian's words, and what neither knows is
/// useradd's. A command without options means the same to all.
fn guess(call: &Call, busybox: &[Spec]) -> Adduser {
    let letters = |word: &Argument| word.prefix.starts_with('-') && !word.prefix.starts_with("--");
    let short = call.argv.words.iter().any(letters);
    let (first, table) = if short { (Adduser::BusyBox, busybox) } else { (Adduser::Debian, DEBIAN) };
    let strange = call.argv.read(table).uncertain && !call.argv.read(shadow::USERADD).uncertain;
    if strange { Adduser::Shadow } else { first }
}

pub(super) fn adduser(call: &Call, whose: Option<Adduser>) -> Option<AccountEffect> {
    match whose.unwrap_or_else(|| guess(call, BUSYBOX_USER)) {
        Adduser::Shadow => shadow::useradd(call),
        Adduser::Debian => debian_user(call),
        Adduser::BusyBox => busybox_user(call),
    }
}

pub(super) fn addgroup(call: &Call, whose: Option<Adduser>) -> Option<AccountEffect> {
    let table = match whose.unwrap_or_else(|| guess(call, BUSYBOX_GROUP)) {
        Adduser::Shadow => return shadow::groupadd(call),
        Adduser::Debian => DEBIAN,
        Adduser::BusyBox => BUSYBOX_GROUP,
    };
    let read = call.argv.read(table);
    match read.operands.as_slice() {
        [user, group] => Some(AccountEffect::AddUserToGroup { user: user.clone(), group: group.clone() }),
        [name] => Some(add_group(call, &read, name)),
        _ => None,
    }
}

fn add_group(call: &Call, read: &Arguments, name: &Value) -> AccountEffect {
    AccountEffect::AddGroup(AddGroup {
        name: name.clone(),
        gid: Id::of(read.value("gid")),
        gid_span: id_span(read, "gid"),
        system: read.has("system"),
        non_unique: false,
        command: call.command,
        uncertain: read.uncertain,
    })
}

/// Debian: `--system` alone puts the user into `nogroup`, and its home is `/nonexistent` in new releases; `--group`
/// alone makes a group and no user.
fn debian_user(call: &Call) -> Option<AccountEffect> {
    let read = call.argv.read(DEBIAN);
    let name = match read.operands.as_slice() {
        [user, group] => return Some(AccountEffect::AddUserToGroup { user: user.clone(), group: group.clone() }),
        [name] => name,
        _ => return None,
    };
    let system = read.has("system");
    if read.has("group") && !system {
        return Some(add_group(call, &read, name));
    }
    let group = read.value("ingroup").or_else(|| read.value("gid")).cloned();
    let own_group = Some(group.is_none() && (!system || read.has("group")));
    let creates_home = match (read.has("no-create-home"), system && !read.has("home")) {
        (true, _) => Some(false),
        (false, true) => None,
        (false, false) => Some(true),
    };
    Some(user(call, &read, name, group, own_group, creates_home))
}

/// BusyBox makes a group of the user's name unless `-G` names one, and the home unless `-H`.
fn busybox_user(call: &Call) -> Option<AccountEffect> {
    let read = call.argv.read(BUSYBOX_USER);
    let name = match read.operands.as_slice() {
        [user, group] => return Some(AccountEffect::AddUserToGroup { user: user.clone(), group: group.clone() }),
        [name] => name,
        _ => return None,
    };
    let group = read.value("ingroup").cloned();
    // A system account without `-G` joins nogroup (measured: gid 65533).
    let own_group = Some(group.is_none() && !read.has("system"));
    Some(user(call, &read, name, group, own_group, Some(!read.has("no-create-home"))))
}

fn user(
    call: &Call,
    read: &Arguments,
    name: &Value,
    group: Option<Value>,
    own_group: Option<bool>,
    creates_home: Option<bool>,
) -> AccountEffect {
    AccountEffect::AddUser(Box::new(AddUser {
        name: name.clone(),
        uid: Id::of(read.value("uid")),
        uid_span: id_span(read, "uid"),
        group,
        own_group,
        home: read.value("home").cloned(),
        creates_home,
        shell: read.value("shell").cloned(),
        groups: Vec::new(),
        system: read.has("system"),
        password: false,
        non_unique: false,
        command: call.command,
        uncertain: read.uncertain,
    }))
}

pub(super) fn deluser(call: &Call) -> Option<Value> {
    match call.argv.read(DELUSER).operands.as_slice() {
        // `deluser user group` only takes the user out of the group.
        [name] => Some(name.clone()),
        _ => None,
    }
}
