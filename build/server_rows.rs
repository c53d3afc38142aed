//! The table of servers as Rust text.

use std::fmt::Debug;

use super::servers::{Given, Opens, Packages, Says, Server, Step};

/// The rows of the table of servers.
pub fn rows(servers: &[Server]) -> impl Iterator<Item = String> {
    servers.iter().map(|it| {
        let dialect = match it.dialect.as_str() {
            "braces" => "Braces",
            "caddyfile" => "Caddyfile",
            "xml" => "Xml",
            "assignments" => "Assignments",
            "keys" => "Keys",
            "hashed" => "Hashed",
            _ => "Lines",
        };
        let files: Vec<String> = it.files.iter().map(given).collect();
        let templates = it.templates.as_ref().map_or_else(
            || "None".to_owned(),
            |it| {
                format!(
                    "Some(ConfTemplates {{ folder: {:?}, ending: {:?}, into: {:?} }})",
                    it.folder, it.ending, it.into
                )
            },
        );
        let packages: Vec<String> = it.packages.iter().map(packages).collect();
        let roots: Vec<&String> = std::iter::once(&it.root).chain(&it.also).collect();
        let links: Vec<_> = it.links.iter().collect();
        let fields = [
            shown("id", &it.id),
            format!("packages: &[{}]", packages.join(", ")),
            list("unless_packages", &it.unless_packages),
            shown("worker", &it.worker),
            shown("makes_account", &it.makes_account),
            list("programs", &it.programs),
            list("arguments", &it.arguments),
            format!("dialect: Dialect::{dialect}"),
            list("roots", &roots),
            shown("prefix", it.prefix.as_ref().unwrap_or(&it.root)),
            shown("main", &it.main),
            list("mains", &it.mains),
            shown("main_option", &it.main_option),
            shown("ending", &it.ending),
            format!("files: &[{}]", files.join(", ")),
            list("inert", &it.inert),
            list("links", &links),
            shown("capable", &it.capable),
            list("variables", &it.variables),
            list("tools", &it.tools),
            list("unless_tools", &it.unless_tools),
            format!("templates: {templates}"),
            list("scripts", &it.scripts),
            list("writes", &it.writes),
            list("trees", &it.trees),
            list("enters", &it.enters),
            list("makes", &it.makes),
            list("defaults", &it.defaults),
            shown("leaves", &it.leaves),
            shown("only_serves", &it.only_serves),
            shown("site", &it.site),
            shown("fills_site", &it.fills_site),
            list("logs", &it.logs),
            list("free", &it.free),
            shown("offer", &it.offer),
            format!("says: {}", says(&it.says)),
            list("sources", &it.sources),
        ];
        format!("Server {{ {} }}", fields.join(", "))
    })
}

fn shown(name: &str, value: &impl Debug) -> String {
    format!("{name}: {value:?}")
}

fn list(name: &str, values: &[impl Debug]) -> String {
    format!("{name}: &{values:?}")
}

fn packages(it: &Packages) -> String {
    let fields = [list("names", &it.names), list("images", &it.images), list("tags", &it.tags)];
    format!("ServerPackages {{ {} }}", fields.join(", "))
}

fn given(it: &Given) -> String {
    let steps = |name: &str, steps: &[Step]| {
        let step = |step: &Step| format!("ConfStep {{ sed: {:?}, test: {:?} }}", step.sed, step.test);
        format!("{name}: &[{}]", steps.iter().map(step).collect::<Vec<_>>().join(", "))
    };
    let fields = [
        shown("path", &it.path),
        list("listens", &it.listens),
        shown("variable", &it.variable),
        list("includes", &it.includes),
        steps("always", &it.always),
        steps("moves", &it.moves),
        shown("note", &it.note),
    ];
    format!("GivenConf {{ {} }}", fields.join(", "))
}

fn opens(it: &Opens) -> String {
    let fields =
        [shown("says", &it.says), shown("elsewhere", &it.elsewhere), shown("its", &it.its), shown("port", &it.port)];
    format!("ConfOpens {{ {} }}", fields.join(", "))
}

fn says(it: &Says) -> String {
    let fields = [
        list("listens", &it.listens),
        list("names", &it.names),
        shown("tls_hosts", &it.tls_hosts),
        list("tls_options", &it.tls_options.iter().collect::<Vec<_>>()),
        shown("tls_keeps", &it.tls_keeps),
        shown("tls_offers", &it.tls_offers),
        list("includes", &it.includes),
        shown("block", &it.block),
        list("accounts", &it.accounts),
        shown("pid", &it.pid),
        shown("pid_file", &it.pid_file),
        shown("pid_line", &it.pid_line),
        shown("beside", &it.beside),
        list("not_beside", &it.not_beside),
        list("unless", &it.unless),
        list("writes", &it.writes),
        list("instead", &it.instead),
        list("stores", &it.stores),
        list("runs", &it.runs),
        list("keys", &it.keys),
        list("sockets", &it.sockets),
        list("unix", &it.unix),
        list("sends", &it.sends),
        format!("opens: &[{}]", it.opens.iter().map(opens).collect::<Vec<_>>().join(", ")),
        list("asks", &it.asks),
        list("passes", &it.passes),
        list("port_variables", &it.port_variables),
    ];
    format!("ConfWords {{ {} }}", fields.join(", "))
}
