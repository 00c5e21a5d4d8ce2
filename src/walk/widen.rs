//! From a path inside a package to the whole package: a part of one cannot be judged, let alone changed, by itself.

use std::collections::HashSet;
use std::fs;
use std::path::{Path, PathBuf};

/// What makes a folder a package.
struct Kind {
    manifest: &'static str,
    /// How a line of it begins that other files of this name lack.
    mark: &'static str,
    /// The extension of the code in such packages.
    code: &'static str,
}

const KINDS: [Kind; 2] = [
    Kind { manifest: "Cargo.toml", mark: "[package]", code: "rs" },
    Kind { manifest: "go.mod", mark: "module", code: "go" },
];

/// The folder of the package that `root` is a part of: some of `files`, which were found there, belong to no package below
/// it, and above it, in the same repository, there is a manifest for them. `real` is the canonical path of `root`.
pub(super) fn package_around(root: &Path, real: &Path, files: &[PathBuf]) -> Option<PathBuf> {
    if is_top(real) {
        return None;
    }
    let needed = KINDS.iter().filter(|kind| !kind.has_packages_for(root, files));
    let (steps, folder) = needed.filter_map(|kind| kind.above(real)).max_by_key(|(steps, _)| *steps)?;
    Some(spelled(root, folder, steps))
}

impl Kind {
    fn has_packages_for(&self, root: &Path, files: &[PathBuf]) -> bool {
        let manifests = files.iter().filter(|file| file.ends_with(self.manifest));
        let packages: HashSet<&Path> = manifests.filter_map(|manifest| manifest.parent()).collect();
        let is_own = |file: &&PathBuf| {
            file.extension().is_some_and(|extension| extension == self.code) || file.ends_with(self.manifest)
        };
        files.iter().filter(is_own).all(|file| {
            file.ancestors().skip(1).take_while(|above| above.starts_with(root)).any(|above| packages.contains(above))
        })
    }

    /// The nearest folder above that is a package, and how many steps away it is. A manifest that is not that of a package
    /// says that there is none.
    fn above<'a>(&self, real: &'a Path) -> Option<(usize, &'a Path)> {
        for (steps, folder) in real.ancestors().enumerate() {
            match self.is_package(folder) {
                Some(true) if steps > 0 => return Some((steps, folder)),
                None if !is_top(folder) => {}
                _ => return None,
            }
        }
        None
    }

    /// Whether the folder holds such a manifest, and that is the manifest of a package.
    fn is_package(&self, folder: &Path) -> Option<bool> {
        let text = fs::read_to_string(folder.join(self.manifest)).ok()?;
        Some(text.lines().any(|line| line.trim_start().starts_with(self.mark)))
    }
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
