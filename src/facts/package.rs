//! Accounts that packages make for their servers, with numbers that the distribution fixes.

use super::PACKAGE_ACCOUNTS;

/// The account that a server's package makes for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PackageAccount {
    /// The packages, any of which makes it.
    pub packages: &'static [&'static str],
    /// Templates of images whose own repositories hold the packages.
    pub images: &'static [&'static str],
    /// Its name.
    pub name: &'static str,
    /// Its uid.
    pub uid: u32,
    /// Its group's name.
    pub group: &'static str,
    /// Its gid.
    pub gid: u32,
    /// Its home.
    pub home: &'static str,
    /// Programs of the package that serve as it.
    pub servers: &'static [&'static str],
    /// Programs of the package that prepare its folders and end.
    pub tools: &'static [&'static str],
    /// Folders that every one of the packages makes and gives to it.
    pub owns: &'static [&'static str],
    /// Files and folders that the server takes its configuration from.
    pub reads: &'static [&'static str],
}

/// The account that a package makes in images of a template.
pub fn package_account(package: &str, image: &str) -> Option<&'static PackageAccount> {
    PACKAGE_ACCOUNTS.iter().find(|account| account.packages.contains(&package) && account.images.contains(&image))
}
