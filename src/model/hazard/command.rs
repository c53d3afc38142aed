//! Programs that want root, drop it, or bring their own configuration.

use super::{Hazard, Scene, Weight, hazard};
use crate::facts::{self, Known, ProgramRole};
use crate::model::entry::Program;
use crate::model::start;

/// Programs of CMD and ENTRYPOINT that want root, drop it, or bring their own configuration.
pub(super) fn command(scene: &Scene<'_>, found: &mut Vec<Hazard>) {
    if !scene.programs.complete {
        let at = scene.model.entry(scene.stage);
        let at = at.entrypoint.or(at.cmd).map_or(scene.from(), |(_, index)| index);
        let message = "the command cannot be read as shell text, so nobody can tell what it starts";
        found.push(hazard("opaque-command", Weight::Manual, at, message));
    }
    let lifted = scene.lifted();
    if let Some(lifted) = &lifted {
        let message = format!(
            "{} tells the port only when the container starts: one below 1024 a process that is not root may not open everywhere",
            lifted.variables.join(", ")
        );
        found.push(hazard("port-at-start", Weight::Unsafe, lifted.at, message));
    }
    let by_compose = scene.started_by_compose().unwrap_or_default().list;
    for program in scene.programs.list.iter().chain(&by_compose) {
        // A server whose settings move into the build is the base's own, and runs as the base's own account.
        let stays = |hazard: &Hazard| (lifted.is_none() && scene.server().is_none()) || hazard.id != "server-config";
        if let Some(hazard) = program_hazard(program).filter(stays) {
            let packaged = hazard.id == "server-files" && start::package::is_at_home(scene, program);
            found.push(Hazard { packaged, ..hazard });
        }
    }
}

/// The hazard of one program by what is known of its name.
fn program_hazard(program: &Program) -> Option<Hazard> {
    let (at, name) = (program.at.1, &program.name);
    if ["/etc/init.d/", "/etc/rc.d/"].iter().any(|folder| program.path.starts_with(folder)) {
        let message = format!("{} is an init script, which starts its service as root", program.path);
        return Some(hazard("init-system", Weight::Manual, at, message));
    }
    let known = facts::command(&program.name)?;
    match known.role {
        ProgramRole::Init => {
            let message = format!("{name} is an init system that starts its services as root");
            Some(hazard("init-system", Weight::Manual, at, message))
        }
        ProgramRole::DaemonRoot => {
            let message = format!("{name} needs root by itself");
            Some(hazard("root-daemon", Weight::Manual, at, message))
        }
        ProgramRole::DropsRoot => {
            let message = format!("{name} steps down from root at start and cannot without being root");
            Some(hazard("drops-root", Weight::Manual, at, message))
        }
        ProgramRole::Server if start::is_told_all(program) => None,
        ProgramRole::Server if known.port.is_none_or(|port| port < 1024) => {
            let message = format!(
                "{name} takes port, pid file and caches from its own configuration, which would have to move along"
            );
            Some(hazard("server-config", Weight::Manual, at, message))
        }
        ProgramRole::Server => {
            let message =
                format!("{name} keeps files in folders of its own package: check that the account may write them");
            Some(hazard("server-files", Weight::Unsafe, at, message))
        }
        _ if known.needs_root == Known::Yes => {
            let message = format!("the command itself runs {name}, which needs root");
            Some(hazard("root-command", Weight::Manual, at, message))
        }
        _ => None,
    }
}
