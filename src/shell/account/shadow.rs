//! The tools of shadow-utils: useradd(8), groupadd(8), usermod(8), groupmod(8), userdel(8), groupdel(8), gpasswd(1).

use super::super::argv::Takes::{Nothing, Value as Takes1};
use super::super::argv::{Spec, Value};
use super::{AccountEffect, AddGroup, AddUser, Call, Id, ModUser, id_span, list};

/// useradd(8) of shadow 4.17; `-n` is Red Hat's old spelling of `-N`.
pub(super) const USERADD: &[Spec] = &[
    ('\0', "badname", Nothing),
    ('b', "base-dir", Takes1),
    ('c', "comment", Takes1),
    ('d', "home-dir", Takes1),
    ('D', "defaults", Nothing),
    ('e', "expiredate", Takes1),
    ('f', "inactive", Takes1),
    ('F', "add-subids-for-system", Nothing),
    ('g', "gid", Takes1),
    ('G', "groups", Takes1),
    ('h', "help", Nothing),
    ('k', "skel", Takes1),
    ('K', "key", Takes1),
    ('l', "no-log-init", Nothing),
    ('m', "create-home", Nothing),
    ('M', "no-create-home", Nothing),
    ('N', "no-user-group", Nothing),
    ('n', "no-user-group", Nothing),
    ('o', "non-unique", Nothing),
    ('p', "password", Takes1),
    ('r', "system", Nothing),
    ('R', "root", Takes1),
    ('P', "prefix", Takes1),
    ('s', "shell", Takes1),
    ('u', "uid", Takes1),
    ('U', "user-group", Nothing),
    ('Z', "selinux-user", Takes1),
];

/// groupadd(8).
const GROUPADD: &[Spec] = &[
    ('f', "force", Nothing),
    ('g', "gid", Takes1),
    ('h', "help", Nothing),
    ('K', "key", Takes1),
    ('o', "non-unique", Nothing),
    ('p', "password", Takes1),
    ('r', "system", Nothing),
    ('R', "root", Takes1),
    ('P', "prefix", Takes1),
    ('U', "users", Takes1),
];

/// usermod(8).
const USERMOD: &[Spec] = &[
    ('a', "append", Nothing),
    ('b', "badname", Nothing),
    ('c', "comment", Takes1),
    ('d', "home", Takes1),
    ('e', "expiredate", Takes1),
    ('f', "inactive", Takes1),
    ('g', "gid", Takes1),
    ('G', "groups", Takes1),
    ('h', "help", Nothing),
    ('l', "login", Takes1),
    ('L', "lock", Nothing),
    ('m', "move-home", Nothing),
    ('o', "non-unique", Nothing),
    ('p', "password", Takes1),
    ('r', "remove", Nothing),
    ('R', "root", Takes1),
    ('P', "prefix", Takes1),
    ('s', "shell", Takes1),
    ('u', "uid", Takes1),
    ('U', "unlock", Nothing),
    ('v', "add-subuids", Takes1),
    ('V', "del-subuids", Takes1),
    ('w', "add-subgids", Takes1),
    ('W', "del-subgids", Takes1),
    ('Z', "selinux-user", Takes1),
];

/// groupmod(8).
const GROUPMOD: &[Spec] = &[
    ('a', "append", Nothing),
    ('g', "gid", Takes1),
    ('h', "help", Nothing),
    ('n', "new-name", Takes1),
    ('o', "non-unique", Nothing),
    ('p', "password", Takes1),
    ('R', "root", Takes1),
    ('P', "prefix", Takes1),
    ('U', "users", Takes1),
];

/// userdel(8) and groupdel(8).
const USERDEL: &[Spec] = &[
    ('f', "force", Nothing),
    ('h', "help", Nothing),
    ('r', "remove", Nothing),
    ('R', "root", Takes1),
    ('P', "prefix", Takes1),
    ('Z', "selinux-user", Nothing),
];

/// gpasswd(1).
const GPASSWD: &[Spec] =
    &[('a', "add", Takes1), ('d', "delete", Takes1), ('A', "administrators", Takes1), ('M', "members", Takes1)];

pub(super) fn useradd(call: &Call) -> Option<AccountEffect> {
    let read = call.argv.read(USERADD);
    // `useradd -D` shows or changes defaults and makes nobody.
    if read.has("defaults") {
        return None;
    }
    let flag = |yes, no| match (read.has(yes), read.has(no)) {
        (true, false) => Some(true),
        (false, true) => Some(false),
        _ => None,
    };
    let group = read.value("gid").cloned();
    Some(AccountEffect::AddUser(Box::new(AddUser {
        name: read.operands.last()?.clone(),
        uid: Id::of(read.value("uid")),
        uid_span: id_span(&read, "uid"),
        own_group: if group.is_some() { Some(false) } else { flag("user-group", "no-user-group") },
        group,
        home: read.value("home-dir").cloned(),
        creates_home: flag("create-home", "no-create-home"),
        shell: read.value("shell").cloned(),
        groups: list(read.value("groups")),
        system: read.has("system"),
        password: read.has("password"),
        non_unique: read.has("non-unique"),
        command: call.command,
        uncertain: read.uncertain,
    })))
}

pub(super) fn groupadd(call: &Call) -> Option<AccountEffect> {
    let read = call.argv.read(GROUPADD);
    Some(AccountEffect::AddGroup(AddGroup {
        name: read.operands.last()?.clone(),
        gid: Id::of(read.value("gid")),
        gid_span: id_span(&read, "gid"),
        system: read.has("system"),
        non_unique: read.has("non-unique") || read.has("force"),
        command: call.command,
        uncertain: read.uncertain,
    }))
}

pub(super) fn usermod(call: &Call) -> Option<AccountEffect> {
    let read = call.argv.read(USERMOD);
    Some(AccountEffect::ModUser(Box::new(ModUser {
        name: read.operands.last()?.clone(),
        new_name: read.value("login").cloned(),
        uid: Id::of(read.value("uid")),
        group: read.value("gid").cloned(),
        home: read.value("home").cloned(),
        moves_home: read.has("move-home"),
        shell: read.value("shell").cloned(),
        groups: list(read.value("groups")),
        appends: read.has("append"),
        password: read.has("password"),
    })))
}

pub(super) fn groupmod(call: &Call) -> Option<AccountEffect> {
    let read = call.argv.read(GROUPMOD);
    Some(AccountEffect::ModGroup {
        name: read.operands.last()?.clone(),
        new_name: read.value("new-name").cloned(),
        gid: Id::of(read.value("gid")),
    })
}

pub(super) fn gpasswd(call: &Call) -> Option<AccountEffect> {
    let read = call.argv.read(GPASSWD);
    let (user, group) = (read.value("add")?.clone(), read.operands.last()?.clone());
    Some(AccountEffect::AddUserToGroup { user, group })
}

pub(super) fn userdel(call: &Call) -> Option<Value> {
    call.argv.read(USERDEL).operands.pop()
}
