//! `unroot.yaml`: what a repository says once for all runs. Text in, options out; where the file is found is no matter
//! of the library.

use std::collections::BTreeMap;

use serde::Deserialize;

mod read;

use crate::options::{GivenImage, Options, Ownership, UserForm};
use crate::yaml::{self, Problem};

/// A configuration, checked.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Config {
    /// Rules to apply; empty: all.
    #[serde(deserialize_with = "read::list::<_, read::Rule, _>")]
    pub select: Vec<String>,
    /// Rules to leave out.
    #[serde(deserialize_with = "read::list::<_, read::Rule, _>")]
    pub ignore: Vec<String>,
    /// Patterns of Dockerfiles that a walk leaves out, as in `.gitignore`, relative to the configuration's folder.
    #[serde(deserialize_with = "read::list::<_, read::Text, _>")]
    pub exclude: Vec<String>,
    /// Stages to fix.
    #[serde(deserialize_with = "read::one_or_many")]
    pub target: Vec<String>,
    /// The build context, relative to the configuration's folder.
    #[serde(deserialize_with = "read::one::<_, read::Folder, _>")]
    pub context: Option<String>,
    /// The account.
    pub user: Account,
    /// What is handed over.
    #[serde(deserialize_with = "read::one::<_, Ownership, _>")]
    pub ownership: Option<Ownership>,
    /// Ports that move, or stay.
    #[serde(deserialize_with = "read::ports")]
    pub port: Ports,
    /// Paths that the account must be able to write.
    #[serde(deserialize_with = "read::list::<_, read::Path, _>")]
    pub paths: Vec<String>,
    /// What is said of images.
    #[serde(deserialize_with = "read::images")]
    pub images: Images,
    /// Volumes that older containers filled as root will be given away by hand.
    pub accept_volumes: bool,
}

/// The account that a configuration asks for.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Account {
    /// Its name.
    #[serde(deserialize_with = "read::one::<_, read::Name, _>")]
    pub name: Option<String>,
    /// Its uid.
    #[serde(deserialize_with = "read::one::<_, read::Uid, _>")]
    pub uid: Option<u32>,
    /// Its gid.
    #[serde(deserialize_with = "read::one::<_, read::Gid, _>")]
    pub gid: Option<u32>,
    /// How USER writes it.
    #[serde(deserialize_with = "read::one::<_, UserForm, _>")]
    pub form: Option<UserForm>,
}

/// What a configuration says of images.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Images {
    /// Base images that no template lists.
    pub given: BTreeMap<String, GivenImage>,
    /// Images that are built here, with their Dockerfile relative to the configuration's folder.
    pub built: BTreeMap<String, String>,
}

/// What a configuration says of ports.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Ports {
    /// Every port stays.
    pub keep: bool,
    /// Old to new.
    pub moves: BTreeMap<u16, u16>,
}

impl Config {
    /// Reads a configuration; an empty one says nothing.
    ///
    /// # Errors
    /// The first key or value that is not allowed, where it stands, and what is.
    pub fn read(text: &[u8]) -> Result<Self, Problem> {
        yaml::read_strictly(text).map(Option::unwrap_or_default)
    }

    /// The options of a run that nothing else is said about. The build context, the Dockerfiles of images and what is
    /// excluded hang on where the configuration is, and are left to the caller.
    pub fn options(&self) -> Options {
        Options {
            targets: self.target.clone(),
            user: self.user.name.clone(),
            uid: self.user.uid,
            gid: self.user.gid,
            user_form: self.user.form.unwrap_or_default(),
            ownership: self.ownership.unwrap_or_default(),
            ports: self.port.moves.clone(),
            keep_ports: self.port.keep,
            paths: self.paths.clone(),
            images: self.images.given.clone(),
            accept_volumes: self.accept_volumes,
            select: self.select.iter().cloned().collect(),
            ignore: self.ignore.iter().cloned().collect(),
            ..Options::default()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::Family;

    fn error(text: &str) -> String {
        Config::read(text.as_bytes()).unwrap_err().to_string()
    }

    #[test]
    fn everything_can_be_said() {
        let text = "\
select: [missing-user]\nignore: [chown-run]\nexclude: [vendor/, '*.dev']\ntarget: [web, 1]\ncontext: ../src
user: {name: app, uid: 1000, gid: 0, form: name}\nownership: data\nport: {80: 8081, 25: 2525}\npaths: [/srv/data]
images:\n  registry.corp/base:1: {user: root, family: debian}\n  registry.corp/app: {user: '1001:0', family: ubi-micro}
accept-volumes: true\n";
        let config = Config::read(text.as_bytes()).unwrap();
        let options = config.options();
        assert_eq!((config.exclude.len(), config.context.as_deref()), (2, Some("../src")));
        assert_eq!(options.targets, ["web", "1"]);
        assert_eq!((options.user.as_deref(), options.uid, options.gid), (Some("app"), Some(1000), Some(0)));
        assert_eq!((options.user_form, options.ownership), (UserForm::Name, Ownership::Data));
        assert_eq!(options.ports, BTreeMap::from([(25, 2525), (80, 8081)]));
        assert_eq!(options.paths, ["/srv/data"]);
        let images: Vec<_> = options.images.values().cloned().collect();
        let app = GivenImage { user: Some("1001:0".into()), family: Family::UbiMicro, shell: false };
        assert_eq!(images, [app, GivenImage { user: None, family: Family::Debian, shell: true }]);
        assert!(options.accept_volumes && options.enabled("missing-user") && !options.enabled("chown-run"));
        let config = Config::read(b"target: web\nport: keep\n").unwrap();
        assert!(config.target == ["web"] && config.port.keep);
    }

    #[test]
    fn an_empty_configuration_says_nothing() {
        for text in ["", "# nothing\n", "---\n", "{}"] {
            assert_eq!(Config::read(text.as_bytes()), Ok(Config::default()), "{text:?}");
        }
    }

    #[test]
    fn what_is_wrong_is_told_with_its_place() {
        let mut wrong = Vec::new();
        for (text, place, part) in [
            ("selekt: []", "1:1: ", "expected one of `select`, `ignore`"),
            ("ignore:\n- chown-run\n- chown-rum\n", "3:3: ", "no rule `chown-rum`; there are missing-user, "),
            ("target: web\nselect: chown-run", "2:9: ", "expected a sequence"),
            ("target: web\ntarget: x", "1:1: ", "duplicate field `target`"),
            ("user: {name: 'a;b'}", "1:14: ", "starts with a letter"),
            ("user:\n  uid: 0\n", "2:8: ", "from 1 to 4294967294"),
            ("user: {uid: x}", "1:13: ", "a number from 1"),
            ("user: {form: both}", "1:14: ", "number or name"),
            ("user: {shell: x}", "1:8: ", "expected one of `name`, `uid`, `gid`, `form`"),
            ("ownership: all", "1:12: ", "app, data or none"),
            ("port: {80: 81}", "1:12: ", "81 is below 1024"),
            ("port: {8080: 9090}", "1:8: ", "only ports below 1024"),
            ("port: {80: 8080, 80: 9090}", "1:18: ", "80 stands twice"),
            ("port: move", "1:7: ", "keep"),
            ("paths: [data]", "1:9: ", "absolute path"),
            ("paths: [/a/../b]", "1:9: ", "absolute path"),
            ("context: /src", "1:10: ", "relative"),
            ("images: {x: {user: root}}", "1:13: ", "missing field `family`"),
            ("images: {x: {user: 'a b', family: debian}}", "1:20: ", "root, a name, or uid[:gid]"),
            ("images: {x: {user: root, family: beos}}", "1:34: ", "expected one of debian, ubuntu"),
            ("images: {'$X': {user: root, family: debian}}", "1:10: ", "reference"),
            ("accept-volumes: maybe", "1:17: ", "expected a boolean"),
            ("select: [", "2:1: ", "did not find expected node content"),
            ("- x", "1:1: ", "expected struct Config"),
        ] {
            let error = error(text);
            if !error.starts_with(place) || !error.contains(part) {
                wrong.push(format!("{text}: {error}"));
            }
        }
        assert!(wrong.is_empty(), "{wrong:#?}");
    }

    /// The schema that editors use knows the same keys.
    #[test]
    fn the_schema_has_the_same_keys() {
        let schema: serde_json::Value = serde_json::from_str(include_str!("../templates/unroot.schema.json")).unwrap();
        let properties = |at: &str| {
            let at = schema.pointer(at).unwrap_or_else(|| panic!("{at}"));
            assert_eq!(at["additionalProperties"], false);
            at["properties"].as_object().unwrap().keys().cloned().collect::<Vec<_>>()
        };
        for (at, text) in [
            ("", "unknown-key: 1"),
            ("/properties/user", "user: {unknown-key: 1}"),
            ("/properties/images/additionalProperties", "images: {x: {unknown-key: 1}}"),
        ] {
            let message = error(text);
            let known = message.split("expected one of ").nth(1).unwrap_or_else(|| panic!("{message}"));
            let mut known: Vec<&str> =
                known.split('`').filter(|part| !part.contains([',', ' ']) && !part.is_empty()).collect();
            known.sort_unstable();
            assert_eq!(properties(at), known, "{message}");
        }
    }
}
