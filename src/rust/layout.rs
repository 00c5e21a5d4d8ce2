//! New code is laid out by rustfmt, in files that were laid out by it before.
//!
//! A file that rustfmt would have changed already is left as it is: reformatting it is nobody's wish. Where there is no
//! rustfmt, the code stays as the rules wrote it.

use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

use crate::tree::Tree;

const MARK: char = '\u{feff}';

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
    let mut child = Command::new("rustfmt")
        .args(["--quiet", "--edition", edition])
        .current_dir(dir)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .ok()?;
    let mut stdin = child.stdin.take()?;
    let input = bare.to_owned();
    // rustfmt reads everything before it writes, but a full pipe must not stop either side.
    let writer = std::thread::spawn(move || stdin.write_all(input.as_bytes()));
    let output = child.wait_with_output().ok()?;
    let written = writer.join().is_ok_and(|result| result.is_ok());
    let formatted = String::from_utf8(output.stdout).ok()?;
    (output.status.success() && written).then(|| match text.starts_with(MARK) {
        true => format!("{MARK}{formatted}"),
        false => formatted,
    })
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
