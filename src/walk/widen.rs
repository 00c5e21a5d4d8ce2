//! From a path inside a package to the whole package: a part of one cannot be judged, let alone changed, by itself.

use std::collections::HashSet;
use std::fs;
use std::path::{Path, PathBuf};

/// The files that make a folder a package, with what tells a package's from a mere workspace's.
const MANIFESTS: [(&str, &str); 3] = [("Cargo.toml", "[package]"), ("go.mod", "module"), ("go.work", "module")];

/// The folder of the package that `root` is a part of: some of `files`, which were found there, belong to no package below
/// it, and above it, in the same repository, there is a manifest. `real` is the canonical path of `root`.
pub(super) fn package_around(root: &Path, real: &Path, files: &[PathBuf]) -> Option<PathBuf> {
    if is_top(real) || all_have_packages(root, files) {
        return None;
    }
    for (steps, folder) in real.ancestors().enumerate() {
        match manifest_of(folder) {
            Some(true) if steps > 0 => return Some(spelled(root, folder, steps)),
            Some(_) => return None,
            None if is_top(folder) => return None,
            None => {}
        }
    }
    None
}

fn all_have_packages(root: &Path, files: &[PathBuf]) -> bool {
    let manifests = files.iter().filter(|file| is_manifest(file));
    let packages: HashSet<&Path> = manifests.filter_map(|manifest| manifest.parent()).collect();
    let texts =
        |file: &&PathBuf| file.extension().is_some_and(|extension| extension == "md" || extension == "markdown");
    files.iter().filter(|file| !texts(file)).all(|file| {
        file.ancestors().skip(1).take_while(|above| above.starts_with(root)).any(|above| packages.contains(above))
    })
}

fn is_manifest(file: &Path) -> bool {
    MANIFESTS.iter().any(|(name, _)| file.ends_with(name))
}

/// Whether the folder holds a manifest, and that is the manifest of a package.
fn manifest_of(folder: &Path) -> Option<bool> {
    MANIFESTS.iter().find_map(|(name, mark)| {
        let text = fs::read_to_string(folder.join(name)).ok()?;
        Some(text.lines().any(|line| line.trim_start().starts_with(mark)))
    })
}

fn is_top(folder: &Path) -> bool {
    [".git", ".jj", ".hg"].iter().any(|marker| folder.join(marker).exists())
}

/// `folder`, which is so many steps above `root`, as people would write it who wrote `root`.
fn spelled(root: &Path, folder: &Path, steps: usize) -> PathBuf {
    let above = root.ancestors().nth(steps).map(|above| if above == Path::new("") { Path::new(".") } else { above });
    match above {
        Some(above) if fs::canonicalize(above).is_ok_and(|real| real == folder) => above.to_owned(),
        _ => (0..steps).fold(root.to_owned(), |path, _| path.join("..")),
    }
}
