//! The account that the package of the server makes: the server ran as it already, and what it must write is its own.

use super::identity::{self, Identity, Origin};
use crate::facts::PackageAccount;
use crate::model::account::Account;

/// The account of a package as identity.
pub(super) fn account(accounts: &[Account], package: &PackageAccount) -> Option<Identity> {
    let its = |account: &&Account| account.is_packaged() && account.package == Some(package);
    accounts.iter().find(its).map(identity::existing)
}

impl Identity {
    /// Whether it is the account that a package makes.
    pub fn is_of(&self, package: &PackageAccount) -> bool {
        let ids = (self.uid, self.gid) == (Some(package.uid), Some(package.gid));
        ids && self.origin == Origin::Existing && self.name.as_deref() == Some(package.name)
    }
}
