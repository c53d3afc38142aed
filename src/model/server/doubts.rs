//! What may not work of a server whose configuration is known.

use super::Served;
use crate::facts::Server;
use crate::model::hazard::Scene;
use crate::model::owner::Made;
use crate::model::value;
use crate::syntax::Keyword;

/// Adds what the facts of the server and the lines of the file make doubtful.
pub(super) fn add(scene: &Scene<'_>, server: &Server, served: &mut Served) {
    if served.capable == Some(false) {
        let what = format!("a copy may bring {}, with parts that write elsewhere", server.capable);
        served.doubts.push((scene.from(), what));
    }
    if let Some(step) = fills(scene, server) {
        let line = scene.model.line(step);
        served.doubts.push((step, format!("the RUN on line {line} may leave in {} what stays root's", server.site)));
    }
    if let Some(step) = gives(scene, server) {
        let (line, who) = (scene.model.line(step), server.makes_account);
        let what = format!("line {line} gives files to {who}, as whom its workers do not run any more");
        served.doubts.push((step, what));
    }
    if !server.leaves.is_empty() {
        let what = format!("volumes of older containers hold {}: chown it once", server.leaves);
        served.doubts.push((scene.from(), what));
    }
    if let Some(step) = scene.model.unknown_step(scene.stage, server).filter(|_| !server.packages.is_empty()) {
        let (line, program) = (scene.model.line(step), server.programs.first().unwrap_or(&""));
        let what = format!("the RUN on line {line} may bring another {program}, or parts that write elsewhere");
        served.doubts.push((step, what));
    }
}

/// The instruction that gives something to the account that the server's package makes.
fn gives(scene: &Scene<'_>, server: &Server) -> Option<usize> {
    let who = server.makes_account;
    let named = |index: usize| {
        let text = scene.text(index);
        let mut words = text.split(|c: char| c.is_whitespace() || matches!(c, ':' | '=' | '"' | '\'' | ','));
        text.contains("chown") && words.any(|word| word == who)
    };
    let steps = [Keyword::Run, Keyword::Copy, Keyword::Add];
    let mut all = scene.model.lineage(scene.stage).into_iter().map(|(_, index)| index);
    all.find(|index| !who.is_empty() && steps.contains(&scene.model.keyword(*index)) && named(*index))
}

/// The step that puts something into a folder that the image fills at its start.
fn fills(scene: &Scene<'_>, server: &Server) -> Option<usize> {
    let owners = scene.model.owners(scene.stage);
    let within = |path: &str| value::within(path, server.site) && path != server.site;
    let made = |index: usize| owners.nodes.iter().any(|(path, node)| node.made == Made::Run(index) && within(path));
    let steps = scene.model.runs(scene.stage).map(|(_, index)| index).filter(|_| server.fills_site);
    steps.into_iter().find(|index| made(*index) || scene.text(*index).contains(server.site))
}
