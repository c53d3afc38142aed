//! What the tests of whole rewrites share: Dockerfiles in memory, and the plan that is made for one.
#![allow(dead_code, reason = "every test binary uses a part of it")]

use unroot::context::Memory;
use unroot::edit;
use unroot::model::Model;
use unroot::model::hazard::Scene;
use unroot::options::Options;
use unroot::plan::Plan;
use unroot::{Dockerfile, report, rules, syntax};

/// A Dockerfile at the root of its project.
pub(crate) fn dockerfile(bytes: impl Into<Vec<u8>>) -> Dockerfile {
    Dockerfile { shown: b"Dockerfile".to_vec(), path: Some("Dockerfile".to_owned()), bytes: bytes.into() }
}

/// A small project around it: what the commands of the examples start.
pub(crate) fn files() -> Memory {
    let mut files = Memory::default();
    for name in ["server.js", "app.py", "main.py", "package.json", "package-lock.json", "requirements.txt"] {
        let text = if name == "package.json" { "{\"scripts\": {\"start\": \"node server.js\"}}" } else { "" };
        files.insert(name, text, 0o644);
    }
    files
}

/// The whole pipeline.
pub(crate) fn fix(bytes: impl Into<Vec<u8>>, options: &Options) -> report::File {
    unroot::fix_one(&dockerfile(bytes), &files(), options)
}

/// The plan for the last stage, whatever its safety.
pub(crate) fn plan_of(model: &Model<'_>) -> Plan {
    let (stage, files, options) = (model.stages.len() - 1, files(), Options::default());
    let programs = model.programs(stage);
    let scene = Scene::new(model, stage, &programs, &files, Some(""), Some("Dockerfile"));
    rules::plan(&scene, &options, &rules::ALL)
}

/// The text with a plan's changes in it.
pub(crate) fn rendered(model: &Model<'_>, plan: &Plan) -> Vec<u8> {
    let edits: Vec<_> = plan.changes.iter().flat_map(|change| change.edits(model, &plan.changes).unwrap()).collect();
    edit::apply(model.bytes, &edits).unwrap()
}

/// Compares two texts as the pipeline does.
pub(crate) fn prove(before: &Model<'_>, after: &[u8], plan: &Plan) -> Result<(), unroot::proof::Violation> {
    let tree = syntax::parse(after);
    unroot::proof::prove(before, &Model::new(after, &tree), plan)
}

/// A small seeded generator (xorshift): every run makes the same things.
pub(crate) struct Random(pub(crate) u64);

impl Random {
    pub(crate) fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from((self.0 >> 11) % limit.max(1) as u64).unwrap()
    }

    pub(crate) fn pick<'t>(&mut self, of: &[&'t str]) -> &'t str {
        of[self.below(of.len())]
    }

    pub(crate) fn one_in(&mut self, times: usize) -> bool {
        self.below(times) == 0
    }
}
