//! The text of a pull request.

use super::File;

/// The text for the files of a run.
pub fn render(files: &[File]) -> Vec<u8> {
    let _ = files;
    Vec::new()
}
