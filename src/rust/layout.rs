//! New code is laid out by rustfmt, in files that were laid out by it before.
//!
//! A file that rustfmt would have changed already is left as it is: reformatting it is nobody's wish. Where there is no
//! rustfmt, or it takes too long, the code stays as the rules wrote it.

use std::io::{Read, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use crate::tree::Tree;

const MARK: char = '\u{feff}';

/// How long rustfmt may take for one text: patterns that nest deeply can take it years.
const LIMIT: Duration = Duration::from_secs(30);

/// `after`, formatted if `before` was. `path` says which edition and which `rustfmt.toml` hold.
pub(crate) fn format(tree: &Tree, path: &Path, before: &str, after: &str) -> String {
    let edition = edition(tree, path);
    let is_formatted = rustfmt(path, &edition, before).is_some_and(|formatted| formatted == before);
    match is_formatted {
        true => rustfmt(path, &edition, after).unwrap_or_else(|| after.to_owned()),
        false => after.to_owned(),
    }
}

/// The text as rustfmt lays it out; a byte order mark stays.
pub(crate) fn rustfmt(path: &Path, edition: &str, text: &str) -> Option<String> {
    let bare = text.strip_prefix(MARK).unwrap_or(text);
    let dir = path.parent().filter(|dir| !dir.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut command = Command::new("rustfmt");
    command.args(["--quiet", "--edition", edition]).current_dir(dir);
    let formatted = filtered(&mut command, bare.to_owned(), LIMIT)?;
    Some(match text.starts_with(MARK) {
        true => format!("{MARK}{formatted}"),
        false => formatted,
    })
}

/// What a program makes of `input`, if it succeeds within `limit`.
fn filtered(command: &mut Command, input: String, limit: Duration) -> Option<String> {
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().ok()?;
    let (mut stdin, mut stdout) = (child.stdin.take()?, child.stdout.take()?);
    // rustfmt reads everything before it writes, but a full pipe must not stop either side.
    let writer = thread::spawn(move || stdin.write_all(input.as_bytes()));
    let (sender, output) = mpsc::channel();
    thread::spawn(move || {
        let mut text = String::new();
        let read = stdout.read_to_string(&mut text);
        // Nobody listens any more once the limit is over.
        let _ = sender.send(read.map(|_| text));
    });
    let Ok(read) = output.recv_timeout(limit) else {
        let _ = child.kill();
        let _ = child.wait();
        return None;
    };
    let succeeded = child.wait().is_ok_and(|status| status.success());
    let written = writer.join().is_ok_and(|result| result.is_ok());
    read.ok().filter(|_| succeeded && written)
}

/// The edition of the nearest manifest, which may take it from the workspace.
pub(crate) fn edition(tree: &Tree, path: &Path) -> String {
    for dir in path.ancestors().skip(1) {
        let Some(manifest) = manifest(tree, &dir.join("Cargo.toml")) else { continue };
        if let Some(package) = manifest.get("package") {
            match package.get("edition") {
                Some(edition) if edition.is_str() => return edition.as_str().unwrap_or("2015").to_owned(),
                Some(_) => continue,
                None => return "2015".to_owned(),
            }
        }
        let inherited =
            manifest.get("workspace").and_then(|workspace| workspace.get("package")?.get("edition")?.as_str());
        if let Some(edition) = inherited {
            return edition.to_owned();
        }
    }
    "2021".to_owned()
}

fn manifest(tree: &Tree, path: &Path) -> Option<toml_edit::DocumentMut> {
    let text = match tree.find(path) {
        Some(file) => tree.source(file).ok()?.text().to_owned(),
        None => std::fs::read_to_string(path).ok()?,
    };
    text.parse().ok()
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn a_program_that_does_not_end_is_given_up() {
        let mut endless = Command::new("sh");
        assert_eq!(filtered(endless.args(["-c", "while :; do :; done"]), String::new(), Duration::ZERO), None);
    }

    #[test]
    fn what_a_program_says_counts_only_if_it_succeeds() {
        let text = "x\n".repeat(100_000);
        assert_eq!(filtered(&mut Command::new("cat"), text.clone(), LIMIT), Some(text));
        let mut failing = Command::new("sh");
        assert_eq!(filtered(failing.args(["-c", "cat; exit 1"]), "x".to_owned(), LIMIT), None);
    }
}
