//! Facts of images that are in no template: from words in tag and name, then from what the Dockerfile does with them.

use super::{AccountTool, Evidence, PackageManager, Reference};
use crate::facts::{self, CommandKind, Confidence, DefaultUser, Facts, Family, Known, Overlay, Strategy, Token, Tools};

/// Nothing is known: only numbers work, which need neither tools nor a shell.
pub(super) const NOTHING: Facts = Facts {
    id: "fallback-numeric",
    family: Family::Unknown,
    tools: Tools::Unknown,
    shell: Known::Unknown,
    default_user: DefaultUser::Unknown,
    accounts: &[],
    groups: &[],
    command: CommandKind::Unknown,
    workdir: "",
    env: &[],
    ports: &[],
    writable: &[],
    app_folders: &[],
    lacks: &[],
    drops: None,
    install_tools: "",
    init: "",
    server: "",
    port_variable: "",
    capable: false,
    asks_itself: false,
    strategy: Strategy::NumericOnly,
    note: "",
    sources: &[],
    confidence: Confidence::Recalled,
};

/// What can be told of an image that [`super::lookup`] does not know; never sure enough for a safe fix.
pub fn fallback(reference: &str, evidence: &Evidence) -> Facts {
    let (tag, name) = Reference::new(reference).written();
    let by_tag = told(&tag, evidence).map(|token| ("fallback-tag", token));
    let by_name = || told(&name, evidence).map(|token| ("fallback-name", token));
    let word = by_tag.filter(|(_, token)| !token.weak).or_else(by_name).or(by_tag);
    let base = Facts { shell: shell(evidence), ..NOTHING };
    let seen = by_manager(evidence, base);
    match (word, seen) {
        (Some((id, token)), Some(seen)) => {
            let told = Facts { id, ..token.overlay.over(base) };
            if agree(told.family, seen.family) {
                told
            } else if token.weak {
                seen
            } else {
                Facts { id: "fallback-disagrees", strategy: Strategy::CheckImage, note: DISAGREES, ..base }
            }
        }
        (Some((id, token)), None) => Facts { id, ..token.overlay.over(base) },
        (None, Some(seen)) => seen,
        (None, None) => by_tools(evidence, base),
    }
}

const DISAGREES: &str = "The image's name and the package manager that the Dockerfile uses tell of different systems.";

/// The first entry of the table with a word in the text, unless the Dockerfile shows that it is wrong.
fn told(text: &str, evidence: &Evidence) -> Option<&'static Token> {
    let words: Vec<&str> = text.split(['-', '_', '/', ':', '+']).filter(|word| !word.is_empty()).collect();
    let contradicted = |overlay: &Overlay| overlay.shell == Some(Known::No) && evidence.has_run;
    facts::tokens().iter().find(|token| {
        !contradicted(&token.overlay) && token.words.iter().any(|known| words.iter().any(|word| is_word(known, word)))
    })
}

/// Whether a word is the known one: alone or with a version after it (`alpine3.20`), which `el#` asks for.
fn is_word(known: &str, word: &str) -> bool {
    let needed = known.strip_suffix('#');
    let Some(version) = word.strip_prefix(needed.unwrap_or(known)) else { return false };
    let is_version = version.chars().all(|c| c.is_ascii_digit() || c == '.');
    is_version && (needed.is_none() || !version.is_empty())
}

fn shell(evidence: &Evidence) -> Known {
    if evidence.has_run || evidence.bash || evidence.powershell { Known::Yes } else { Known::Unknown }
}

fn by_manager(evidence: &Evidence, base: Facts) -> Option<Facts> {
    let (family, tools, strategy) = match evidence.package_manager? {
        PackageManager::Apt => (Family::Debian, Tools::Shadow, Strategy::Create),
        PackageManager::Apk => (Family::Alpine, Tools::Busybox, Strategy::Create),
        PackageManager::Yum | PackageManager::Dnf => (Family::Rhel, Tools::Unknown, Strategy::Create),
        PackageManager::Microdnf => (Family::UbiMinimal, Tools::None, Strategy::InstallThenCreate),
        PackageManager::Zypper => (Family::Suse, Tools::Unknown, Strategy::Create),
        PackageManager::Pacman => (Family::Arch, Tools::Shadow, Strategy::Create),
        // Two systems have it, and they call the package with the tools by different names.
        PackageManager::Tdnf => (Family::Unknown, Tools::None, Strategy::CheckImage),
    };
    let shown = by_tools(evidence, base);
    let tools = if shown.tools == Tools::Unknown { tools } else { shown.tools };
    let installed = tools == Tools::Shadow && strategy == Strategy::InstallThenCreate;
    let strategy = if installed { Strategy::Create } else { strategy };
    Some(Facts { id: "fallback-packages", family, tools, shell: Known::Yes, strategy, ..base })
}

/// Whether a package manager's family may be the one that a word tells.
fn agree(told: Family, seen: Family) -> bool {
    use Family::{Amazonlinux, Azurelinux, Debian, Fedora, Photon, Rhel, Ubi, UbiMinimal, Ubuntu, Unknown, Wolfi};
    match seen {
        Debian => matches!(told, Debian | Ubuntu),
        Family::Alpine => matches!(told, Family::Alpine | Wolfi),
        Rhel | UbiMinimal => matches!(told, Rhel | Fedora | Ubi | UbiMinimal | Amazonlinux | Azurelinux),
        Unknown => matches!(told, Azurelinux | Photon),
        seen => told == seen,
    }
}

/// What the tools of the Dockerfile's own RUNs show.
fn by_tools(evidence: &Evidence, base: Facts) -> Facts {
    if evidence.powershell && evidence.package_manager.is_none() {
        let strategy = Strategy::LeaveAlone;
        return Facts { id: "fallback-shell", family: Family::Windows, tools: Tools::None, strategy, ..base };
    }
    let (family, tools) = match evidence.account_tool {
        Some(AccountTool::Shadow) => (Family::Unknown, Tools::Shadow),
        Some(AccountTool::Busybox) => (Family::Busybox, Tools::Busybox),
        Some(AccountTool::DebianAdduser) => (Family::Debian, Tools::Shadow),
        None => return base,
    };
    Facts { id: "fallback-accounts", family, tools, shell: Known::Yes, strategy: Strategy::Create, ..base }
}
