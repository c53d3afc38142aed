//! Writing files: whole or not at all, and several of them all or none.

use std::fs::{self, File, Metadata};
use std::io::{self, Write as _};
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, anyhow, bail};
use tempfile::NamedTempFile;

/// A file that has to change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Change {
    /// The file, without symbolic links.
    pub(crate) path: PathBuf,
    /// The bytes that were read.
    pub(crate) before: Vec<u8>,
    /// The bytes to write.
    pub(crate) after: Vec<u8>,
}

/// A change whose new file stands beside the old one, ready to take its place; and the old one again, to go back.
#[derive(Debug)]
struct Staged<'a> {
    change: &'a Change,
    new: NamedTempFile,
    old: Option<NamedTempFile>,
}

/// Writes all changes, or none: a file that cannot be written leaves all as they were.
pub(crate) fn write(changes: &[Change]) -> Result<()> {
    commit(stage(changes)?)
}

/// Writes a report: whole, or not at all; into a pipe or a device as it comes.
pub(crate) fn report(path: &Path, bytes: &[u8]) -> Result<()> {
    let full = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let found = fs::metadata(&full).ok();
    if found.as_ref().is_some_and(|found| !found.is_file()) {
        let mut file = fs::OpenOptions::new().write(true).open(&full).context("cannot be written")?;
        return file.write_all(bytes).context("cannot be written");
    }
    let folder = full.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    // What a new file may be is for the umask to say.
    let mode = found.map_or(0o666, |found| found.permissions().mode() & 0o777);
    let failed = |error: io::Error| anyhow!(io::Error::from(error.kind()));
    let mut builder = tempfile::Builder::new();
    let file = builder.prefix(".unroot-").permissions(fs::Permissions::from_mode(mode)).tempfile_in(folder);
    let mut file = file.map_err(failed).context("its folder takes no new file")?;
    file.write_all(bytes).context("cannot be written")?;
    file.persist(&full).map_err(|failed| anyhow!(failed.error).context("cannot be replaced"))?;
    Ok(())
}

/// Does all that can fail for want of space or permission before any file is touched.
fn stage(changes: &[Change]) -> Result<Vec<Staged<'_>>> {
    let several = changes.len() > 1;
    changes.iter().map(|change| stage_one(change, several).with_context(|| name(change, several))).collect()
}

fn stage_one(change: &Change, several: bool) -> Result<Staged<'_>> {
    let Change { path, before, after } = change;
    let found = unchanged(path, before)?;
    if found.permissions().mode() & 0o222 == 0 {
        bail!("is read-only, so it is left alone; make it writable (chmod u+w) to have it fixed");
    }
    let new = beside(path, &found, after)?;
    let old = several.then(|| beside(path, &found, before)).transpose()?;
    Ok(Staged { change, new, old })
}

fn commit(staged: Vec<Staged<'_>>) -> Result<()> {
    let several = staged.len() > 1;
    let mut done: Vec<(&Path, NamedTempFile)> = Vec::new();
    for Staged { change, new, old } in staged {
        let path = change.path.as_path();
        let renamed = unchanged(path, &change.before)
            .and_then(|_| new.persist(path).map_err(|failed| anyhow!(failed.error).context("cannot be replaced")));
        if let Err(error) = renamed {
            let restored = restore(done);
            return Err(error.context(name(change, several)).context(restored));
        }
        done.extend(old.map(|old| (path, old)));
        // The rename is on disk only when the folder is; a file system that cannot do that has done what it can.
        let _ = path.parent().map(|folder| File::open(folder).and_then(|folder| folder.sync_all()));
    }
    Ok(())
}

/// Puts the old files back, and says how that went.
fn restore(done: Vec<(&Path, NamedTempFile)>) -> String {
    let mut said = vec!["nothing is changed".to_owned()];
    for (path, old) in done {
        if let Err(failed) = old.persist(path) {
            let kept = failed.file.into_temp_path().keep();
            let kept = kept.map_or_else(|_| "lost".to_owned(), |kept| format!("kept as {}", kept.display()));
            said.push(format!(
                "but {} could not be put back, its old text is {kept}: {}",
                path.display(),
                failed.error
            ));
        }
    }
    said.join(", ")
}

/// The file's metadata, if it still holds the bytes that were read.
fn unchanged(path: &Path, before: &[u8]) -> Result<Metadata> {
    let found = fs::symlink_metadata(path).context("has gone since it was read; run unroot again")?;
    if !found.is_file() || fs::read(path).context("cannot be read again")? != before {
        bail!("has changed since it was read, so it is left alone; run unroot again");
    }
    Ok(found)
}

/// A temporary file in the same folder, hence on the same file system, that already is what `path` will be.
fn beside(path: &Path, found: &Metadata, bytes: &[u8]) -> Result<NamedTempFile> {
    let folder = path.parent().context("has no folder")?;
    // Only the kind of these errors is told, because their text names a temporary file.
    let failed = |error: io::Error| anyhow!(io::Error::from(error.kind()));
    let file = tempfile::Builder::new().prefix(".unroot-").tempfile_in(folder).map_err(failed);
    let file = file.context("its folder takes no new file")?;
    file.as_file().write_all(bytes).context("cannot be written")?;
    // Only root may give a file away. Giving it away drops set-id bits, so the mode comes last.
    let (uid, gid) = (found.uid(), found.gid());
    let owner = file.as_file().metadata().context("cannot be written")?;
    if (owner.uid(), owner.gid()) != (uid, gid) {
        let _ = std::os::unix::fs::fchown(file.as_file(), Some(uid), Some(gid));
    }
    let mode = found.permissions().mode() & 0o7777;
    file.as_file().set_permissions(fs::Permissions::from_mode(mode)).context("its mode cannot be kept")?;
    let kept = file.as_file().metadata().context("its mode cannot be kept")?.permissions().mode() & 0o7777;
    if kept != mode {
        bail!("its mode {mode:o} cannot be kept, so it is left alone");
    }
    file.as_file().sync_all().context("cannot be written")?;
    Ok(file)
}

/// One file is named by the caller; of several, the one at fault must be.
fn name(change: &Change, several: bool) -> String {
    if several { change.path.display().to_string() } else { "not written".to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::symlink;

    fn change(folder: &Path, name: &str, mode: u32) -> Change {
        let path = folder.join(name);
        fs::write(&path, "old").unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
        Change { path, before: b"old".to_vec(), after: b"new".to_vec() }
    }

    fn names(folder: &Path) -> usize {
        fs::read_dir(folder).unwrap().count()
    }

    #[test]
    fn mode_is_kept_and_nothing_else_is_left() {
        let folder = tempfile::tempdir().unwrap();
        for mode in [0o644, 0o600, 0o755, 0o666, 0o4711] {
            let change = change(folder.path(), "Dockerfile", mode);
            write(std::slice::from_ref(&change)).unwrap();
            assert_eq!(fs::read(&change.path).unwrap(), b"new");
            assert_eq!(fs::metadata(&change.path).unwrap().permissions().mode() & 0o7777, mode);
        }
        assert_eq!(names(folder.path()), 1);
    }

    #[test]
    fn a_report_takes_the_place_of_the_one_before() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("report");
        report(&path, b"one").unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
        symlink("report", folder.path().join("link")).unwrap();
        report(&folder.path().join("link"), b"two").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"two");
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o640);
        report(Path::new("/dev/null"), b"x").unwrap();
        assert!(report(&folder.path().join("none/report"), b"x").is_err());
        assert!(report(folder.path(), b"x").is_err());
        assert_eq!(names(folder.path()), 2);
    }

    #[test]
    fn read_only_changed_gone_and_linked_files_are_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let error = |change: &Change| format!("{:#}", write(std::slice::from_ref(change)).unwrap_err());
        let read_only = change(folder.path(), "a", 0o444);
        assert!(error(&read_only).contains("is read-only"));
        let changed = Change { before: b"older".to_vec(), ..change(folder.path(), "b", 0o644) };
        assert!(error(&changed).contains("has changed since it was read"));
        assert_eq!(fs::read(&changed.path).unwrap(), b"old");
        let gone = Change { path: folder.path().join("none"), ..changed.clone() };
        assert!(error(&gone).contains("has gone"));
        let link = Change { path: folder.path().join("link"), ..change(folder.path(), "c", 0o644) };
        symlink("c", &link.path).unwrap();
        assert!(error(&link).contains("has changed"));
        assert!(fs::symlink_metadata(&link.path).unwrap().is_symlink());
        assert_eq!(names(folder.path()), 4);
    }

    #[test]
    fn one_bad_file_stops_all_before_the_first_rename() {
        let folder = tempfile::tempdir().unwrap();
        let changes = [change(folder.path(), "a", 0o644), change(folder.path(), "b", 0o444)];
        assert!(format!("{:#}", write(&changes).unwrap_err()).contains("b: is read-only"));
        assert_eq!(fs::read(&changes[0].path).unwrap(), b"old");
        assert_eq!(names(folder.path()), 2);
    }

    #[test]
    fn a_change_between_the_renames_puts_the_first_file_back() {
        let folder = tempfile::tempdir().unwrap();
        let changes = [change(folder.path(), "a", 0o640), change(folder.path(), "b", 0o644)];
        let staged = stage(&changes).unwrap();
        fs::write(&changes[1].path, "someone else's").unwrap();
        let error = format!("{:#}", commit(staged).unwrap_err());
        assert!(error.contains("nothing is changed") && error.contains("b: has changed since it was read"), "{error}");
        assert_eq!(fs::read(&changes[0].path).unwrap(), b"old");
        assert_eq!(fs::metadata(&changes[0].path).unwrap().permissions().mode() & 0o7777, 0o640);
        assert_eq!(fs::read(&changes[1].path).unwrap(), b"someone else's");
        assert_eq!(names(folder.path()), 2);
    }
}
