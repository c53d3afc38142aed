//! What the Dockerfile does with an image tells what the image holds.

/// What the stages on an image show of it, before anything that unroot adds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Evidence {
    /// The package manager of its RUNs.
    pub package_manager: Option<PackageManager>,
    /// What makes accounts in its RUNs.
    pub account_tool: Option<AccountTool>,
    /// A SHELL of PowerShell or cmd.
    pub powershell: bool,
    /// A SHELL of bash, or RUNs that only bash runs.
    pub bash: bool,
    /// Any RUN in shell form.
    pub has_run: bool,
}

/// A package manager.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum PackageManager {
    Apt,
    Apk,
    Yum,
    Dnf,
    Microdnf,
    Tdnf,
    Zypper,
    Pacman,
}

impl PackageManager {
    /// The package manager that a command belongs to, by its name without folder.
    pub fn of_command(name: &str) -> Option<Self> {
        Some(match name {
            "apt" | "apt-get" | "aptitude" | "dpkg" => Self::Apt,
            "apk" => Self::Apk,
            "yum" => Self::Yum,
            "dnf" | "dnf5" => Self::Dnf,
            "microdnf" => Self::Microdnf,
            "tdnf" => Self::Tdnf,
            "zypper" => Self::Zypper,
            "pacman" => Self::Pacman,
            _ => return None,
        })
    }
}

/// What makes accounts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AccountTool {
    /// `useradd`, `groupadd`.
    Shadow,
    /// BusyBox `adduser`, `addgroup`.
    Busybox,
    /// Debian's `adduser`, `addgroup`, which are there besides `useradd`.
    DebianAdduser,
}

impl AccountTool {
    /// The tool that a command is, by its name without folder and its arguments; `None` where `adduser` may be any.
    pub fn of_command<'a>(name: &str, mut arguments: impl Iterator<Item = &'a str>) -> Option<Self> {
        match name {
            "useradd" | "groupadd" | "usermod" | "groupmod" => Some(Self::Shadow),
            "adduser" | "addgroup" => arguments.find_map(Self::of_flag),
            _ => None,
        }
    }

    fn of_flag(flag: &str) -> Option<Self> {
        if let Some(long) = flag.strip_prefix("--") {
            let name = long.split('=').next().unwrap_or(long);
            let debian = ["disabled-password", "disabled-login", "gecos", "quiet", "force-badname", "allow-bad-names"];
            return debian.contains(&name).then_some(Self::DebianAdduser);
        }
        let letters = flag.strip_prefix('-')?;
        letters.contains(['D', 'S', 'H', 'G', 'h']).then_some(Self::Busybox)
    }
}
