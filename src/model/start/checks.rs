//! What else of the command and the health check works for root only.

use super::Walk;
use crate::model::entry::Program;
use crate::model::hazard::{Hazard, Scene, Weight, hazard};
use crate::syntax::Keyword;

/// The programs of the health check in force.
pub fn health(scene: &Scene<'_>) -> Vec<Program> {
    let checks = scene.model.lineage(scene.stage).into_iter().rev();
    let mut checks = checks.filter(|(_, index)| scene.model.keyword(*index) == Keyword::Healthcheck);
    checks.next().map(|(stage, index)| scene.model.health_programs(stage, index).list).unwrap_or_default()
}

/// What the health check writes, or asks of the account, that only root may.
pub(super) fn health_check(scene: &Scene<'_>, found: &mut Vec<Hazard>) {
    let mut walk = Walk::new(scene);
    let programs = health(scene);
    programs.iter().for_each(|program| walk.program(program, None));
    let writes = walk.found.into_iter().filter(|hazard| matches!(hazard.id, "written-file" | "system-file"));
    let as_health = |hazard: Hazard| Hazard { id: "health-check", weight: Weight::Unsafe, ..hazard };
    found.extend(writes.map(as_health));
    let asks = |program: &&Program| scene.text(program.at.1).contains("id -u") || program.name == "whoami";
    if let Some(program) = programs.iter().find(asks) {
        let message = "the health check asks which user it is: check that it takes another than root".to_owned();
        found.push(hazard("health-check", Weight::Unsafe, program.at.1, message));
    }
}

/// A login shell, whose PATH holds the folders `sbin` for root only (Debian's /etc/profile).
pub(super) fn login_shell(scene: &Scene<'_>, found: &mut Vec<Hazard>) {
    let entry = scene.model.entry(scene.stage);
    let logs_in = |index: usize| {
        let text = scene.text(index);
        let mut words = text.split([' ', '"', ',', '[', ']']);
        words.any(|word| matches!(word, "--login" | "-l" | "-lc" | "-lec" | "-elc"))
    };
    if !entry.entrypoint.into_iter().chain(entry.cmd).any(|(_, index)| logs_in(index)) {
        return;
    }
    for program in scene.programs.list.iter().filter(|program| !program.path.contains('/')) {
        let first = scene.places(&program.path).into_iter().find(|place| scene.file(place).is_some());
        if let Some(place) = first.filter(|place| place.contains("/sbin/")) {
            let message =
                format!("a login shell of another user than root does not find {}: name {place}", program.path);
            found.push(hazard("start-script", Weight::Unsafe, program.at.1, message));
        }
    }
}
