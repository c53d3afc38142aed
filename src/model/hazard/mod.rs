//! What may keep the container from working without root, as far as it shows in the Dockerfile and the build context:
//! one function a row of what breaks in real projects.

mod base;
mod children;
mod command;
mod documents;
mod download;
mod generated;
mod home;
mod outside;

use std::cell::OnceCell;

use super::Model;
use super::entry::Programs;
use super::server::Served;
use super::source;
use super::start::Started;
use super::value;
use super::workload::{Workload, workloads};
use crate::compose::{self, Service};
use crate::context::{Files, Ignored};
use crate::facts::PackageAccount;
use crate::readme::Run;

pub use base::{is_development, is_windows};
pub use download::unsettled;
pub use home::{cache_volumes, made_for_home};
pub use outside::{root_services, sockets};

/// Folders of installed packages: a process reads them, whatever is mounted or written there.
pub const PACKAGE_FOLDERS: [&str; 3] = ["node_modules", "vendor", ".venv"];

/// How much a hazard weighs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Weight {
    /// It will build and start, but something outside of sight may want root or a writable path.
    Unsafe,
    /// A person has to decide.
    Manual,
}

/// Something that may break.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hazard {
    /// Its id, kebab-case.
    pub id: &'static str,
    /// How much it weighs.
    pub weight: Weight,
    /// What was looked at and what a person has to decide.
    pub message: String,
    /// The instruction that shows it.
    pub at: usize,
    /// Whether it is none where the process runs as the account that its server's own package makes.
    pub packaged: bool,
}

/// What hazards are looked for in.
pub struct Scene<'s> {
    /// The file.
    pub model: &'s Model<'s>,
    /// The stage that is built.
    pub stage: usize,
    /// What its command starts.
    pub programs: &'s Programs,
    /// The project's files.
    pub files: &'s dyn Files,
    /// The build context relative to the project's root, if it is known.
    pub context: Option<&'s str>,
    /// The Dockerfile's path relative to the project's root, if it has one.
    pub path: Option<&'s str>,
    /// Which files of the context a build does not see.
    pub ignored: Ignored,
    /// The compose services and documented commands that run the image.
    pub services: Vec<Service>,
    /// How the documentation runs the image, with the file that says so.
    pub runs: Vec<(String, Run)>,
    workloads: OnceCell<Vec<Workload>>,
    started: OnceCell<Started>,
    package: OnceCell<Option<&'static PackageAccount>>,
    sources: OnceCell<Vec<source::File>>,
    pub(in crate::model) served: OnceCell<Option<Result<Served, String>>>,
}

/// One row: looks at the scene and adds what it finds.
type Row = fn(&Scene<'_>, &mut Vec<Hazard>);

const ROWS: [Row; 25] = [
    base::base,
    base::own_server,
    outside::run_by_others,
    super::start::files::remote_files,
    super::start::shut::modes,
    base::windows,
    base::base_image,
    children::children,
    documents::documents,
    base::development,
    outside::docker_socket,
    outside::github_action,
    outside::privileges,
    outside::composed_root,
    outside::secrets,
    outside::devcontainer,
    outside::lambda,
    command::command,
    super::start::programs,
    home::root_home,
    home::volumes,
    home::downloads,
    base::no_command,
    base::stated_reason,
    generated::generated,
];

/// All hazards of a stage, the heavy ones first, then in file order; `packaged` where the process runs as the account that
/// its server's package makes.
pub fn find(scene: &Scene<'_>, packaged: bool) -> Vec<Hazard> {
    let mut found = Vec::new();
    for row in ROWS {
        row(scene, &mut found);
    }
    found.retain(|hazard| !(packaged && hazard.packaged));
    let mut seen = std::collections::HashSet::new();
    found.retain(|hazard| seen.insert((hazard.id, hazard.at)));
    // Stable: where the same line shows several, the row that stands first names the reason.
    found.sort_by_key(|hazard| (std::cmp::Reverse(hazard.weight), hazard.at));
    found
}

impl<'s> Scene<'s> {
    /// The scene of a stage in its project.
    pub fn new(
        model: &'s Model<'s>,
        stage: usize,
        programs: &'s Programs,
        files: &'s dyn Files,
        context: Option<&'s str>,
        path: Option<&'s str>,
    ) -> Self {
        let ignored = context.map(|context| Ignored::of(files, context, path)).unwrap_or_default();
        let services = path.map(|path| compose::services(path, files)).unwrap_or_default();
        let mut scene = Self {
            model,
            stage,
            programs,
            files,
            context,
            path,
            ignored,
            services,
            runs: Vec::new(),
            workloads: OnceCell::new(),
            started: OnceCell::new(),
            package: OnceCell::new(),
            sources: OnceCell::new(),
            served: OnceCell::new(),
        };
        scene.runs = documents::runs(&scene);
        scene.services.extend(scene.runs.iter().map(documents::service));
        scene
    }

    /// The workloads of the project that run the image.
    pub fn workloads(&self) -> &[Workload] {
        self.workloads.get_or_init(|| workloads(self))
    }

    /// What the command starts, through its start scripts; they are walked once.
    pub(in crate::model) fn started(&self) -> &Started {
        self.started.get_or_init(|| super::start::walked(self))
    }

    /// The source that the command starts, and what lies beside it; every file is read once.
    pub(in crate::model) fn sources(&self) -> &[source::File] {
        self.sources.get_or_init(|| source::files(self))
    }

    /// The account that the package of a server makes in the image.
    pub(in crate::model) fn package(&self) -> Option<&'static PackageAccount> {
        *self.package.get_or_init(|| self.model.package_account(self.stage))
    }

    /// The compose services that run the image for others than its developers.
    pub fn serving(&self) -> impl Iterator<Item = &Service> {
        self.services.iter().filter(|service| {
            let target = service.build.as_ref().and_then(|(target, _)| target.as_deref());
            !target.is_some_and(is_development)
        })
    }

    /// What a compose service starts in the image, where the file itself names no command.
    pub fn started_by_compose(&self) -> Option<Programs> {
        let silent = !self.model.has_command(self.stage);
        let command = self.serving().map(|service| &service.command).find(|words| silent && !words.is_empty())?;
        let found = self.model.programs_of(self.stage, command);
        (found.complete && !found.list.is_empty()).then_some(found)
    }

    /// What compose services start in the image in place of its own CMD; with an ENTRYPOINT they only give it other words.
    pub fn started_instead(&self) -> Vec<Programs> {
        if !self.model.has_command(self.stage) || self.model.entry(self.stage).entrypoint.is_some() {
            return Vec::new();
        }
        let commands = self.serving().map(|service| &service.command).filter(|words| !words.is_empty());
        commands.map(|words| self.model.programs_of(self.stage, words)).collect()
    }

    /// The named volumes that compose services write, with the file that says so; packages aside, which come along from
    /// the image.
    pub fn named_volumes(&self) -> Vec<(String, String)> {
        let mounts = self.serving().flat_map(|service| service.mounts.iter().map(|mount| (&service.file, mount)));
        let mut found: Vec<(String, String)> = Vec::new();
        for (file, mount) in mounts.filter(|(_, mount)| mount.host.is_none() && !mount.read_only) {
            let path = value::normal(&mount.target)
                .filter(|path| !PACKAGE_FOLDERS.iter().any(|end| path.rsplit('/').next() == Some(*end)));
            let path = path.filter(|path| !found.iter().any(|(_, known)| known == path));
            found.extend(path.map(|path| (file.clone(), path)));
        }
        found
    }

    /// The stage's FROM.
    pub fn from(&self) -> usize {
        self.model.stages.get(self.stage).map_or(0, |stage| stage.from)
    }

    /// The joined line of an instruction.
    pub fn text(&self, index: usize) -> String {
        let text = self.model.instruction(index).map(|instruction| instruction.joined.text.as_slice());
        String::from_utf8_lossy(text.unwrap_or_default()).into_owned()
    }
}

pub(in crate::model) fn hazard(id: &'static str, weight: Weight, at: usize, message: impl Into<String>) -> Hazard {
    Hazard { id, weight, message: message.into(), at, packaged: false }
}
