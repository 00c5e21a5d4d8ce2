//! New code is laid out by rustfmt, in files that were laid out by it before.

use std::path::Path;
use std::process::Command;

use crate::formatter::{formatted, keep_layout};
use crate::tree::Tree;

/// `after`, formatted if `before` was. `path` says which edition and which `rustfmt.toml` hold.
pub(crate) fn format(tree: &Tree, path: &Path, before: &str, after: &str) -> String {
    let edition = edition(tree, path);
    keep_layout(before, after, &|text| rustfmt(path, &edition, text))
}

/// The text as rustfmt lays it out.
pub(crate) fn rustfmt(path: &Path, edition: &str, text: &str) -> Option<String> {
    let dir = path.parent().filter(|dir| !dir.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut command = Command::new("rustfmt");
    formatted(command.args(["--quiet", "--edition", edition]).current_dir(dir), text)
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
