//! Account commands in every form.

use unroot::shell::account::{AccountEffect, Adduser, Id, effects};
use unroot::shell::argv::{Argv, Takes};
use unroot::shell::{CommandKind, Dialect, each_simple, parse};

/// What the first command does, on one line.
fn told(text: &str, whose: Option<Adduser>) -> String {
    let script = parse(text.as_bytes(), Dialect::Posix).unwrap();
    let mut found = Vec::new();
    each_simple(&script, &mut |simple, _| {
        found.extend(effects(&simple, whose, &mut |_| None).iter().map(|effect| show(text, effect)));
    });
    found.join(" | ")
}

fn id(id: Id) -> String {
    match id {
        Id::Literal(id) => id.to_string(),
        Id::Unknown => "?".to_owned(),
        Id::Absent => "-".to_owned(),
    }
}

fn show(text: &str, effect: &AccountEffect) -> String {
    let known = |value: Option<&unroot::shell::argv::Value>| {
        value.map_or("-".to_owned(), |value| value.text.clone().unwrap_or("?".to_owned()))
    };
    match effect {
        AccountEffect::AddGroup(group) => {
            format!("group {} {}{}", known(Some(&group.name)), id(group.gid), if group.system { " system" } else { "" })
        }
        AccountEffect::AddUser(user) => {
            let at = user.uid_span.map_or("", |span| &text[span.range()]);
            let groups: Vec<_> = user.groups.iter().map(|group| known(Some(group))).collect();
            let tri = |value: Option<bool>| value.map_or('?', |value| if value { 'y' } else { 'n' });
            let mut line =
                format!("user {} {}[{at}] g={}", known(Some(&user.name)), id(user.uid), known(user.group.as_ref()));
            line +=
                &format!(" own={} home={}/{}", tri(user.own_group), known(user.home.as_ref()), tri(user.creates_home));
            line += &format!(" sh={} in={}", known(user.shell.as_ref()), groups.join(","));
            for (on, word) in [(user.system, " system"), (user.password, " password"), (user.uncertain, " uncertain")] {
                line += if on { word } else { "" };
            }
            line
        }
        AccountEffect::ModUser(user) => {
            let groups: Vec<_> = user.groups.iter().map(|group| known(Some(group))).collect();
            format!(
                "mod {} {} g={} in={} a={}",
                known(Some(&user.name)),
                id(user.uid),
                known(user.group.as_ref()),
                groups.join(","),
                user.appends
            )
        }
        AccountEffect::ModGroup { name, gid, .. } => format!("modgroup {} {}", known(Some(name)), id(*gid)),
        AccountEffect::DelUser { name } => format!("del {}", known(Some(name))),
        AccountEffect::DelGroup { name } => format!("delgroup {}", known(Some(name))),
        AccountEffect::AddUserToGroup { user, group } => format!("join {} {}", known(Some(user)), known(Some(group))),
        AccountEffect::PasswdAppend { name, uid, gid, home, .. } => {
            format!("passwd {name:?} {} {} {home:?}", id(*uid), id(*gid))
        }
        AccountEffect::GroupAppend { name, gid, members, .. } => format!("groupline {name:?} {} {members:?}", id(*gid)),
    }
}

#[test]
fn every_form_is_read() {
    for (text, whose, expected) in [
        ("useradd app", None, "user app -[] g=- own=? home=-/? sh=- in="),
        (
            "useradd -r -u 1000 -g app -d /app -s /sbin/nologin app",
            None,
            "user app 1000[1000] g=app own=n home=/app/? sh=/sbin/nologin in= system",
        ),
        (
            "/usr/sbin/useradd -rmu1000 -Gsudo,docker app",
            None,
            "user app 1000[1000] g=- own=? home=-/y sh=- in=sudo,docker system",
        ),
        ("sudo -E useradd --uid=$UID --no-create-home -U app", None, "user app ?[$UID] g=- own=y home=-/n sh=- in="),
        ("useradd --uid \"${UID}\" app -p x", None, "user app ?[\"${UID}\"] g=- own=? home=-/? sh=- in= password"),
        ("useradd --frobnicate app", None, "user app -[] g=- own=? home=-/? sh=- in= uncertain"),
        ("useradd -D", None, ""),
        ("useradd $NAME", None, "user ? -[] g=- own=? home=-/? sh=- in="),
        ("adduser -u 1 -r -g root -s /x app", None, "user app 1[1] g=root own=n home=-/? sh=/x in= system"),
        ("adduser --uid 1 --create-home app", None, "user app 1[1] g=- own=? home=-/y sh=- in="),
        ("useradd $OPTS app", None, "user app -[] g=- own=? home=-/? sh=- in= uncertain"),
        ("groupadd -g 10 app", None, "group app 10"),
        ("groupadd --system --gid=10 app", None, "group app 10 system"),
        ("groupadd -rg \"$GID\" app", None, "group app ? system"),
        ("usermod -aG docker app", None, "mod app - g=- in=docker a=true"),
        ("usermod -u 5 -g 6 app", None, "mod app 5 g=6 in= a=false"),
        ("groupmod -g 5 app", None, "modgroup app 5"),
        ("userdel -r app", None, "del app"),
        ("groupdel app", None, "delgroup app"),
        ("deluser --remove-home app", None, "del app"),
        ("gpasswd -a app docker", None, "join app docker"),
        ("adduser -D -u 5 -G g -h /h -s /bin/sh app", None, "user app 5[5] g=g own=n home=/h/y sh=/bin/sh in="),
        ("adduser -S -H app", None, "user app -[] g=- own=n home=-/n sh=- in= system"),
        ("adduser -SDH -u5 app", Some(Adduser::BusyBox), "user app 5[5] g=- own=n home=-/n sh=- in= system"),
        ("addgroup -g 5 -S app", None, "group app 5 system"),
        ("addgroup app docker", None, "join app docker"),
        ("adduser app docker", None, "join app docker"),
        (
            "adduser --disabled-password --gecos \"\" --uid 5 --gid 6 --home /h app",
            None,
            "user app 5[5] g=6 own=n home=/h/y sh=- in=",
        ),
        ("adduser --system --group --no-create-home app", None, "user app -[] g=- own=y home=-/n sh=- in= system"),
        ("adduser --system app", Some(Adduser::Debian), "user app -[] g=- own=n home=-/? sh=- in= system"),
        ("addgroup --gid 5 --system app", None, "group app 5 system"),
        ("adduser --ingroup g --disabled-login --quiet app", None, "user app -[] g=g own=n home=-/y sh=- in="),
        ("adduser -u 5 -m app", Some(Adduser::Shadow), "user app 5[5] g=- own=? home=-/y sh=- in="),
        ("env X=1 useradd app", None, "user app -[] g=- own=? home=-/? sh=- in="),
        ("X=1 command useradd app", None, "user app -[] g=- own=? home=-/? sh=- in="),
        ("echo 'app:x:5:6::/h:/bin/sh' >> /etc/passwd", None, "passwd Some(\"app\") 5 6 Some(\"/h\")"),
        ("echo \"app:x:$U:6::/h:/bin/sh\" >> /etc/passwd", None, "passwd None ? ? None"),
        ("printf 'app:x:5:a,b\\n' >> /etc/group", None, "groupline Some(\"app\") 5 [\"a\", \"b\"]"),
        ("echo a:b > /x", None, ""),
    ] {
        assert_eq!(told(text, whose), expected, "{text}");
    }
}

#[test]
fn arguments_have_spans() {
    let text = "x -abc1 --long=2 --lo 3 op -- -a";
    let script = parse(text.as_bytes(), Dialect::Posix).unwrap();
    let CommandKind::Simple { words, .. } = &script.lists[0].pipelines[0].commands[0].kind else { panic!() };
    let table =
        [('a', "a", Takes::Nothing), ('b', "b", Takes::Nothing), ('c', "c", Takes::Value), ('l', "long", Takes::Value)];
    let read = Argv::new(&words[1..], &mut |_| None).read(&table);
    let options: Vec<_> = read
        .options
        .iter()
        .map(|option| {
            (option.name, option.value.as_ref().map(|value| &text[value.span.range()]), &text[option.span.range()])
        })
        .collect();
    assert_eq!(
        options,
        [
            ("a", None, "-abc1"),
            ("b", None, "-abc1"),
            ("c", Some("1"), "-abc1"),
            ("long", Some("2"), "--long=2"),
            ("long", Some("3"), "--lo 3")
        ]
    );
    let operands: Vec<_> = read.operands.iter().map(|operand| operand.text.as_deref().unwrap()).collect();
    assert_eq!((operands, read.uncertain), (vec!["op", "-a"], false));
}
