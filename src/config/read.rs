//! The values of a configuration. Each is checked where it is read, so that an error knows its line and column.

use std::collections::BTreeMap;
use std::fmt;
use std::marker::PhantomData;

use serde::de::{Error, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};

use super::Ports;
use crate::facts::{self, Family};
use crate::model::value;
use crate::options::{self, GivenImage, Ownership, UserForm};
use crate::rules;

/// A value that is written as one text or number.
pub(super) trait Scalar: Sized {
    /// What is allowed.
    const ALLOWED: &'static str;

    fn of(text: &str) -> Result<Self, String>;
}

/// A [`Scalar`] on its way in.
struct Read<T>(T);

impl<'de, T: Scalar> Deserialize<'de> for Read<T> {
    fn deserialize<D: Deserializer<'de>>(source: D) -> Result<Self, D::Error> {
        struct Text<T>(PhantomData<T>);
        impl<T: Scalar> Visitor<'_> for Text<T> {
            type Value = Read<T>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(T::ALLOWED)
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<Self::Value, E> {
                T::of(text).map(Read).map_err(E::custom)
            }
        }
        // Numbers come as they are written.
        source.deserialize_str(Text(PhantomData))
    }
}

/// A list of values of the kind `K`.
pub(super) fn list<'de, D: Deserializer<'de>, K: Scalar + Into<V>, V>(source: D) -> Result<Vec<V>, D::Error> {
    Vec::<Read<K>>::deserialize(source).map(|items| items.into_iter().map(|item| item.0.into()).collect())
}

/// One value of the kind `K`.
pub(super) fn one<'de, D: Deserializer<'de>, K: Scalar + Into<V>, V>(source: D) -> Result<Option<V>, D::Error> {
    Read::<K>::deserialize(source).map(|value| Some(value.0.into()))
}

fn map<'de, A: MapAccess<'de>, K: Scalar + Ord + fmt::Display, V: Deserialize<'de>>(
    mut access: A,
) -> Result<BTreeMap<K, V>, A::Error> {
    let mut found = BTreeMap::new();
    while let Some(key) = access.next_key_seed(Key { found: &found, kind: PhantomData })? {
        found.insert(key, access.next_value()?);
    }
    Ok(found)
}

/// Reads a key and looks whether it stands twice, while the reader still knows where.
struct Key<'f, K, V> {
    found: &'f BTreeMap<K, V>,
    kind: PhantomData<K>,
}

impl<'de, K: Scalar + Ord + fmt::Display, V> serde::de::DeserializeSeed<'de> for Key<'_, K, V> {
    type Value = K;

    fn deserialize<D: Deserializer<'de>>(self, source: D) -> Result<K, D::Error> {
        source.deserialize_str(self)
    }
}

impl<K: Scalar + Ord + fmt::Display, V> Visitor<'_> for Key<'_, K, V> {
    type Value = K;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(K::ALLOWED)
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<K, E> {
        let key = K::of(text).map_err(E::custom)?;
        if self.found.contains_key(&key) {
            return Err(E::custom(format!("{key} stands twice")));
        }
        Ok(key)
    }
}

/// A newtype of each kind of text.
macro_rules! scalars {
    ($($name:ident($kind:ty): $allowed:literal, $of:expr;)*) => {$(
        #[derive(PartialEq, Eq, PartialOrd, Ord)]
        pub(super) struct $name($kind);

        impl From<$name> for $kind {
            fn from(value: $name) -> Self {
                value.0
            }
        }

        impl Scalar for $name {
            const ALLOWED: &'static str = $allowed;

            fn of(text: &str) -> Result<Self, String> {
                let of: fn(&str) -> Result<$kind, String> = $of;
                of(text).map(Self)
            }
        }
    )*};
}

scalars! {
    Rule(String): "a rule", |text| known_rule(text).map(|()| text.to_owned());
    Text(String): "a text", |text| non_empty(text, Self::ALLOWED);
    Stage(String): "a stage's name or number", |text| non_empty(text, Self::ALLOWED);
    Folder(String): "a relative path", |text| match text.starts_with(['/', '~']) {
        true => Err(format!("`{text}` is no path relative to this file's folder")),
        false => non_empty(text, Self::ALLOWED),
    };
    Path(String): "an absolute path in the image", |text| match value::normal(text) {
        Some(path) if path == text && path.len() > 1 => Ok(path),
        _ => Err(format!("`{text}` is no absolute path below / without `..`, `//` or `/` at its end")),
    };
    Name(String): "an account's name", |text| options::check_account(text).map(|()| text.to_owned());
    Uid(u32): "a number from 1 to 4294967294", |text| number(text, 1);
    Gid(u32): "a number from 0 to 4294967294", |text| number(text, 0);
    Image(String): "a reference to an image", |text| match text.contains(['$', ' ', '@']) || text.is_empty() {
        true => Err(format!("`{text}` is no reference to an image without variables and digest")),
        false => Ok(text.to_owned()),
    };
    OldPort(u16): "a port below 1024", |text| port(text).and_then(|old| options::check_move(old, u16::MAX).map(|()| old));
    NewPort(u16): "a port from 1024 on", |text| port(text).and_then(|new| options::check_move(1, new).map(|()| new));
}

impl fmt::Display for OldPort {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Display for Image {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl Scalar for Ownership {
    const ALLOWED: &'static str = "app, data or none";

    fn of(text: &str) -> Result<Self, String> {
        match text {
            "app" => Ok(Self::App),
            "data" => Ok(Self::Data),
            "none" => Ok(Self::None),
            _ => Err(format!("`{text}` is none of app, data or none")),
        }
    }
}

impl Scalar for UserForm {
    const ALLOWED: &'static str = "number or name";

    fn of(text: &str) -> Result<Self, String> {
        match text {
            "number" => Ok(Self::Number),
            "name" => Ok(Self::Name),
            _ => Err(format!("`{text}` is neither number or name")),
        }
    }
}

fn non_empty(text: &str, allowed: &str) -> Result<String, String> {
    if text.trim().is_empty() { Err(format!("{allowed} is missing")) } else { Ok(text.to_owned()) }
}

fn known_rule(id: &str) -> Result<(), String> {
    if rules::ALL.iter().any(|rule| rule.id == id) {
        return Ok(());
    }
    let ids: Vec<&str> = rules::ALL.iter().map(|rule| rule.id).collect();
    Err(format!("no rule `{id}`; there are {}", ids.join(", ")))
}

fn number(text: &str, least: u32) -> Result<u32, String> {
    let number = text.parse().ok().filter(|number| (least..u32::MAX).contains(number));
    number.ok_or_else(|| format!("`{text}` is not a number from {least} to {}", u32::MAX - 1))
}

fn port(text: &str) -> Result<u16, String> {
    text.parse().map_err(|_| format!("`{text}` is no port from 1 to 65535"))
}

/// `web`, or `[web, worker]`.
pub(super) fn one_or_many<'de, D: Deserializer<'de>>(source: D) -> Result<Vec<String>, D::Error> {
    struct Stages;
    impl<'de> Visitor<'de> for Stages {
        type Value = Vec<String>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a stage or a list of stages")
        }

        fn visit_str<E: Error>(self, text: &str) -> Result<Self::Value, E> {
            Stage::of(text).map(|stage| vec![stage.0]).map_err(E::custom)
        }

        fn visit_u64<E: Error>(self, number: u64) -> Result<Self::Value, E> {
            Ok(vec![number.to_string()])
        }

        fn visit_seq<A: SeqAccess<'de>>(self, mut access: A) -> Result<Self::Value, A::Error> {
            let mut found = Vec::new();
            while let Some(Read(Stage(stage))) = access.next_element()? {
                found.push(stage);
            }
            Ok(found)
        }
    }
    source.deserialize_any(Stages)
}

/// `keep`, or `{80: 8080}`.
pub(super) fn ports<'de, D: Deserializer<'de>>(source: D) -> Result<Ports, D::Error> {
    struct KeepOrMoves;
    impl<'de> Visitor<'de> for KeepOrMoves {
        type Value = Ports;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("keep, or a mapping of old ports to new ones")
        }

        fn visit_str<E: Error>(self, text: &str) -> Result<Ports, E> {
            match text {
                "keep" => Ok(Ports { keep: true, moves: BTreeMap::new() }),
                _ => Err(E::custom(format!("`{text}` is neither keep nor a mapping of old ports to new ones"))),
            }
        }

        fn visit_map<A: MapAccess<'de>>(self, access: A) -> Result<Ports, A::Error> {
            let moves = map::<A, OldPort, Read<NewPort>>(access)?;
            let moves = moves.into_iter().map(|(old, new)| (old.0, new.0.0)).collect();
            Ok(Ports { keep: false, moves })
        }
    }
    source.deserialize_any(KeepOrMoves)
}

/// Images with what is known of them, or with the Dockerfile that they are built from.
pub(super) fn images<'de, D: Deserializer<'de>>(source: D) -> Result<super::Images, D::Error> {
    struct Visited;
    impl<'de> Visitor<'de> for Visited {
        type Value = super::Images;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a mapping of images to what is known of them, or to their Dockerfile")
        }

        fn visit_map<A: MapAccess<'de>>(self, access: A) -> Result<Self::Value, A::Error> {
            let mut images = super::Images::default();
            for (image, said) in map::<A, Image, Said>(access)? {
                match said {
                    Said::Known(known) => drop(images.given.insert(image.0, known.given())),
                    Said::Built(path) => drop(images.built.insert(image.0, path)),
                }
            }
            Ok(images)
        }
    }
    source.deserialize_map(Visited)
}

/// What is said of an image: facts, or its Dockerfile.
enum Said {
    Known(Known),
    Built(String),
}

impl<'de> Deserialize<'de> for Said {
    fn deserialize<D: Deserializer<'de>>(source: D) -> Result<Self, D::Error> {
        struct Visited;
        impl<'de> Visitor<'de> for Visited {
            type Value = Said;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("user and family of a base image, or the path of a Dockerfile")
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<Said, E> {
                Folder::of(text).map(|path| Said::Built(path.0)).map_err(E::custom)
            }

            fn visit_map<A: MapAccess<'de>>(self, access: A) -> Result<Said, A::Error> {
                Known::deserialize(serde::de::value::MapAccessDeserializer::new(access)).map(Said::Known)
            }
        }
        source.deserialize_any(Visited)
    }
}

/// What is said of an image.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Known {
    user: Read<BaseUser>,
    family: Read<Family>,
    shell: Option<bool>,
}

impl Known {
    fn given(self) -> GivenImage {
        let family = self.family.0;
        let shell = self.shell.unwrap_or(!is_bare(family));
        GivenImage { user: self.user.0.0, family, shell }
    }
}

/// An image's own user; `None` for root.
struct BaseUser(Option<String>);

impl Scalar for BaseUser {
    const ALLOWED: &'static str = "root, a name, or uid[:gid]";

    fn of(text: &str) -> Result<Self, String> {
        let (user, group) = text.split_once(':').map_or((text, None), |(user, group)| (user, Some(group)));
        let id = |text: &str| number(text, 0).is_ok();
        if matches!(user, "root" | "0") && group.is_none_or(|group| matches!(group, "root" | "0")) {
            return Ok(Self(None));
        }
        let named = group.is_none() && options::check_account(user).is_ok();
        let numbered = number(user, 1).is_ok() && group.is_none_or(id);
        if named || numbered {
            Ok(Self(Some(text.to_owned())))
        } else {
            Err(format!("`{text}` is not {}", Self::ALLOWED))
        }
    }
}

impl Scalar for Family {
    const ALLOWED: &'static str = "a family of images";

    fn of(text: &str) -> Result<Self, String> {
        let source = serde::de::value::StrDeserializer::<serde::de::value::Error>::new(text);
        let family = Self::deserialize(source).ok();
        family.filter(|family| is_bare(*family) || facts::account_recipe(*family).is_some()).ok_or_else(|| {
            let known = "debian, ubuntu, alpine, busybox, wolfi, rhel, fedora, ubi, ubi-minimal, ubi-micro, \
                         amazonlinux, azurelinux, photon, suse, arch, scratch, distroless";
            format!("unknown family `{text}`, expected one of {known}")
        })
    }
}

/// Families without a shell.
fn is_bare(family: Family) -> bool {
    matches!(family, Family::Scratch | Family::Distroless | Family::UbiMicro)
}
