//! What is given to the two builds: the original with its own folder, the rewritten one with a copy of it elsewhere. The
//! user's files are only read.

use std::ffi::OsString;
use std::fs::{self, File, Permissions};
use std::io;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use tempfile::TempDir;

use super::command::Runner;
use super::subject::Subject;
use crate::cli::disk::Disk;
use crate::context::Ignored;

/// What one build is given.
#[derive(Debug)]
pub(super) struct Side {
    pub(super) dockerfile: PathBuf,
    pub(super) context: PathBuf,
    /// Removed with this.
    _folder: TempDir,
}

/// The Dockerfile as it is, on the user's own build context.
pub(super) fn original(subject: &Subject, offline: bool) -> Result<Side> {
    let folder = tempfile::Builder::new().prefix("unroot-").tempdir().context("no temporary folder")?;
    let dockerfile = place(subject, &subject.before, offline, folder.path())?;
    Ok(Side { dockerfile, context: subject.context.clone(), _folder: folder })
}

/// The Dockerfile as it would be, on a copy of the build context with everything that changes along.
pub(super) fn rewritten(subject: &Subject, offline: bool, runner: &Runner) -> Result<Side> {
    let folder = tempfile::Builder::new().prefix("unroot-").tempdir().context("no temporary folder")?;
    let dockerfile = place(subject, &subject.after, offline, folder.path())?;
    let context = folder.path().join("context");
    let hidden = match ignore_file(&subject.dockerfile) {
        Some(path) => Ignored::parse(&String::from_utf8_lossy(&fs::read(path)?)),
        None => Ignored::of(&Disk::new(&subject.context), "", None),
    };
    copy(&Copying { hidden: &hidden, runner }, &subject.context, &context, "")
        .context("the build context cannot be copied")?;
    for change in &subject.changes {
        let Ok(inside) = change.path.strip_prefix(&subject.context) else { continue };
        let path = context.join(inside);
        // What the build does not see is not copied.
        if let Ok(found) = fs::symlink_metadata(&path) {
            fs::write(&path, &change.after).with_context(|| format!("{} cannot be written", path.display()))?;
            fs::set_permissions(&path, found.permissions())?;
        }
    }
    Ok(Side { dockerfile, context, _folder: folder })
}

/// Where a Dockerfile's own list of what a build does not see stands.
fn own_ignore(dockerfile: &Path) -> PathBuf {
    let mut name = OsString::from(dockerfile);
    name.push(".dockerignore");
    PathBuf::from(name)
}

/// That list, if there is one.
pub(super) fn ignore_file(dockerfile: &Path) -> Option<PathBuf> {
    Some(own_ignore(dockerfile)).filter(|path| path.is_file())
}

/// Writes a Dockerfile, and the list that belongs to it, into a folder of their own.
fn place(subject: &Subject, text: &[u8], offline: bool, folder: &Path) -> Result<PathBuf> {
    let folder = folder.join("dockerfile");
    fs::create_dir(&folder).context("no temporary folder")?;
    let path = folder.join("Dockerfile");
    let text = if offline { without_frontend(text) } else { text.to_vec() };
    fs::write(&path, text).context("the Dockerfile cannot be copied")?;
    if let Some(list) = ignore_file(&subject.dockerfile) {
        fs::copy(list, own_ignore(&path)).context("its .dockerignore cannot be copied")?;
    }
    Ok(path)
}

/// The text with an empty comment for `# syntax=`, which makes BuildKit fetch a front end from a registry.
fn without_frontend(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    let mut directives = true;
    for line in text.split_inclusive(|byte| *byte == b'\n') {
        let shown = String::from_utf8_lossy(line);
        let comment = shown.trim_start_matches('\u{feff}').trim().strip_prefix('#').map(str::trim_start);
        let pair = comment.and_then(|comment| comment.split_once('='));
        directives &= pair.is_some();
        match pair {
            Some((name, _)) if directives && name.trim().eq_ignore_ascii_case("syntax") => {
                out.extend_from_slice(b"#\n")
            }
            _ => out.extend_from_slice(line),
        }
    }
    out
}

/// What holds for the whole of a copy.
struct Copying<'a> {
    hidden: &'a Ignored,
    runner: &'a Runner,
}

/// Copies a folder: modes, times and links as they are, nothing that a build does not see.
fn copy(all: &Copying<'_>, from: &Path, to: &Path, inside: &str) -> Result<()> {
    let shown = || from.display().to_string();
    fs::create_dir(to).with_context(shown)?;
    for entry in fs::read_dir(from).with_context(shown)? {
        all.runner.check()?;
        let entry = entry.with_context(shown)?;
        let (source, target) = (entry.path(), to.join(entry.file_name()));
        let name = entry.file_name();
        let name = name.to_string_lossy();
        let path = if inside.is_empty() { name.into_owned() } else { format!("{inside}/{name}") };
        let kind = entry.file_type().with_context(shown)?;
        let hidden = all.hidden.hides(&path);
        // The engine looks for its list in the copy too.
        if hidden && !(kind.is_dir() && all.hidden.brings_back()) && path != ".dockerignore" {
            continue;
        }
        let copied = match () {
            () if kind.is_dir() => copy(all, &source, &target, &path),
            () if kind.is_symlink() => {
                fs::read_link(&source).and_then(|link| symlink(link, &target)).map_err(Into::into)
            }
            () if kind.is_file() => copy_file(&source, &target).map_err(Into::into),
            // Builds skip sockets and pipes as well.
            () => Ok(()),
        };
        copied.with_context(|| source.display().to_string())?;
    }
    // Whoever removes the copy must get in.
    let mode = fs::metadata(from).with_context(shown)?.permissions().mode() & 0o7777 | 0o700;
    fs::set_permissions(to, Permissions::from_mode(mode)).with_context(shown)
}

fn copy_file(from: &Path, to: &Path) -> io::Result<()> {
    let (mut source, mut target) = (File::open(from)?, File::create(to)?);
    io::copy(&mut source, &mut target)?;
    let found = source.metadata()?;
    target.set_times(fs::FileTimes::new().set_modified(found.modified()?))?;
    target.set_permissions(Permissions::from_mode(found.permissions().mode() & 0o7777))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::write::Change;
    use crate::report;

    fn subject(folder: &Path) -> Subject {
        let before = b"# syntax=docker/dockerfile:1\nFROM x\n".to_vec();
        let after = b"# syntax=docker/dockerfile:1\nFROM x\nUSER 1\n".to_vec();
        let change = |name: &str, after: &[u8]| {
            let path = folder.join(name);
            Change { before: fs::read(&path).unwrap(), path, after: after.to_vec() }
        };
        Subject {
            dockerfile: folder.join("Dockerfile"),
            context: folder.to_owned(),
            changes: vec![change("Dockerfile", &after), change("conf/nginx.conf", b"new")],
            ..Subject::of(report::File { after, ..report::File::new(b"Dockerfile".to_vec(), before) })
        }
    }

    fn project() -> TempDir {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        for (name, text, mode) in [
            ("Dockerfile", "# syntax=docker/dockerfile:1\nFROM x\n", 0o644),
            (".dockerignore", "secret\nDockerfile.old\nkept\n!kept/this\n", 0o644),
            ("conf/nginx.conf", "old", 0o640),
            ("start.sh", "x", 0o755),
            ("secret/key", "x", 0o600),
            ("kept/this", "x", 0o444),
            ("kept/that", "x", 0o444),
        ] {
            fs::create_dir_all(at(name).parent().unwrap()).unwrap();
            fs::write(at(name), text).unwrap();
            fs::set_permissions(at(name), Permissions::from_mode(mode)).unwrap();
        }
        symlink("nowhere", at("link")).unwrap();
        folder
    }

    #[test]
    fn the_copy_has_what_a_build_sees_and_what_changes() {
        let folder = project();
        let root = folder.path().canonicalize().unwrap();
        let side = rewritten(&subject(&root), false, &Runner::of_test()).unwrap();
        let read = |name: &str| fs::read_to_string(side.context.join(name)).ok();
        assert_eq!(read("conf/nginx.conf").as_deref(), Some("new"));
        assert!(read("Dockerfile").unwrap().ends_with("USER 1\n"));
        assert_eq!((read("secret/key"), read("kept/that"), read("kept/this").as_deref()), (None, None, Some("x")));
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o7777;
        let modes = ["conf/nginx.conf", "start.sh", "kept/this"].map(|name| mode(&side.context.join(name)));
        assert_eq!(modes, [0o640, 0o755, 0o444]);
        let times = |folder: &Path| fs::metadata(folder.join("start.sh")).unwrap().modified().unwrap();
        assert_eq!(times(&side.context), times(&root));
        assert_eq!(fs::read_link(side.context.join("link")).unwrap(), Path::new("nowhere"));
        assert_eq!(fs::read_to_string(&side.dockerfile).unwrap(), read("Dockerfile").unwrap());
        let kept = side.context.clone();
        drop(side);
        assert!(!kept.exists());
        assert_eq!(fs::read_to_string(root.join("conf/nginx.conf")).unwrap(), "old");
    }

    #[test]
    fn a_list_of_the_dockerfile_itself_wins() {
        let folder = project();
        let root = folder.path().canonicalize().unwrap();
        fs::write(root.join("Dockerfile.dockerignore"), "conf\n").unwrap();
        let side = rewritten(&subject(&root), false, &Runner::of_test()).unwrap();
        assert!(!side.context.join("conf").exists() && side.context.join("secret/key").exists());
        assert_eq!(fs::read(ignore_file(&side.dockerfile).unwrap()).unwrap(), b"conf\n");
    }

    #[test]
    fn the_original_is_built_where_it_is() {
        let folder = project();
        let side = original(&subject(folder.path()), true).unwrap();
        assert_eq!(side.context, folder.path());
        assert_eq!(fs::read(&side.dockerfile).unwrap(), b"#\nFROM x\n");
    }

    #[test]
    fn only_the_directive_goes() {
        let of = |text: &str| String::from_utf8(without_frontend(text.as_bytes())).unwrap();
        assert_eq!(of("# escape=`\r\n#Syntax = a/b\r\nFROM x\n"), "# escape=`\r\n#\nFROM x\n");
        for text in ["FROM x\n# syntax=a\n", "# a comment\n# syntax=a\nFROM x", "", "FROM x"] {
            assert_eq!(of(text), text);
        }
    }
}
