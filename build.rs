//! Checks `templates/` and packs it into static tables, so that nothing of it is parsed at start-up.

// A build script talks to cargo through stdout.
#![allow(clippy::print_stdout)]

#[path = "build/check.rs"]
#[allow(unreachable_pub)]
mod check;
#[path = "build/languages.rs"]
#[allow(unreachable_pub)]
mod languages;
#[path = "build/pack.rs"]
#[allow(unreachable_pub)]
mod pack;
#[path = "build/read.rs"]
#[allow(unreachable_pub)]
mod read;
#[path = "build/reasons.rs"]
#[allow(unreachable_pub)]
mod reasons;
#[path = "build/schema.rs"]
#[allow(unreachable_pub)]
mod schema;
#[path = "build/server_rows.rs"]
#[allow(unreachable_pub)]
mod server_rows;
#[path = "build/servers.rs"]
#[allow(unreachable_pub)]
mod servers;
#[path = "build/values.rs"]
mod values;
#[path = "build/words.rs"]
#[allow(unreachable_pub)]
mod words;

use std::fmt;
use std::path::Path;

/// Why nothing was packed; shown as it is.
struct Failure(String);

impl fmt::Debug for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

fn main() -> Result<(), Failure> {
    for path in ["templates", "build.rs"] {
        println!("cargo:rerun-if-changed={path}");
    }
    for module in ["check", "languages", "pack", "read", "reasons", "schema", "servers", "values", "words"] {
        println!("cargo:rerun-if-changed=build/{module}.rs");
    }
    let out = std::env::var("OUT_DIR").map_err(|error| Failure(format!("OUT_DIR: {error}")))?;
    let templates = read::read(Path::new("templates"))
        .map_err(|problems| Failure(format!("templates/ is wrong:\n{}", problems.join("\n"))))?;
    let path = Path::new(&out).join("facts.rs");
    std::fs::write(&path, pack::tables(&templates)).map_err(|error| Failure(format!("{}: {error}", path.display())))
}
