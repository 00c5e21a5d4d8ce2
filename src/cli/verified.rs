//! What `apply --verify` found out.

use std::io::Write;

use geppetto_migrate::apply::{self, Blamed, Verified};
use geppetto_migrate::frontend::{Diagnostic, Package};

use super::output::{Severity, shown, tell};
use super::{Failure, Verdict};

/// Prints the verdict on every package, and tells what was taken back and why.
pub(super) fn report(out: &mut dyn Write, verified: &Verified) -> Result<Verdict, Failure> {
    let mut verdict = Verdict::Done;
    for (package, compiled) in &verified.packages {
        let name = &package.name;
        match compiled {
            apply::Verdict::Compiles if verified.all_back.is_some() => {}
            apply::Verdict::Compiles => writeln!(out, "verified {name}: it compiles, before and after")?,
            apply::Verdict::BrokenBefore(error) => {
                tell_no_verdict(name, "it did not compile before the changes", Some(error));
                verdict = no_verdict_if_changed(verified, package, verdict);
            }
            apply::Verdict::NotCompiled => {
                tell_no_verdict(name, "there is no manifest to compile it by", None);
                verdict = no_verdict_if_changed(verified, package, verdict);
            }
        }
    }
    if verified.all_back.is_none()
        && verified.packages.iter().any(|(_, compiled)| matches!(compiled, apply::Verdict::Compiles))
    {
        writeln!(out, "not compiled: code that features, `cfg` or other targets switch off")?;
    }
    for lock in &verified.locks {
        writeln!(out, "updated {}, which belongs to the changes", shown(lock).display())?;
    }
    for blamed in &verified.blamed {
        tell_blamed(verified, blamed);
    }
    if let Some(error) = &verified.all_back {
        let text = indented(&error.text);
        tell(
            Severity::Error,
            format_args!(
                "everything was taken back: the packages do not compile with any part of the changes\n{text}\n  \
                 = help: if the error is about finding `geppetto-runtime`, say where it is with `--runtime-dependency`"
            ),
        );
    }
    Ok(if verified.took_back() && verdict == Verdict::Done { Verdict::Failed } else { verdict })
}

fn tell_no_verdict(package: &str, why: &str, error: Option<&Diagnostic>) {
    let error = error.map_or_else(String::new, |error| format!("\n{}", indented(&error.text)));
    tell(Severity::Error, format_args!("no verdict on `{package}`: {why}{error}"));
}

/// What was not compiled matters only where something was changed.
fn no_verdict_if_changed(verified: &Verified, package: &Package, otherwise: Verdict) -> Verdict {
    let mut changed = verified.plan.changes.iter().map(|change| change.before.path());
    if changed.any(|path| path.starts_with(&package.root)) { Verdict::None } else { otherwise }
}

fn tell_blamed(verified: &Verified, blamed: &Blamed) {
    let Some(site) = blamed.sites.first() else { return };
    let path = verified.plan.tree.entry(site.file).path.display();
    let place = match verified.plan.tree.source(site.file) {
        Ok(source) => {
            let at = source.position(site.range.start);
            format!("{path}:{}:{}", at.line, at.column)
        }
        Err(_) => path.to_string(),
    };
    let more = match blamed.sites.len() - 1 {
        0 => String::new(),
        more => format!(" and {more} more of its unit"),
    };
    tell(
        Severity::Error,
        format_args!(
            "taken back: {place}: {} [{}]{more}; its package does not compile with the change\n{}\n  \
             = help: change it by hand, as `scan` says; a change that breaks code is a defect of geppetto-migrate: please report it",
            site.what,
            site.rule,
            indented(&blamed.error.text)
        ),
    );
}

fn indented(text: &str) -> String {
    text.lines().map(|line| format!("  {line}")).collect::<Vec<_>>().join("\n")
}
