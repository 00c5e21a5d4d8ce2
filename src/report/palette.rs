//! The colours of all views.

use anstyle::{AnsiColor, Effects, Style};

use crate::finding::Level;

/// Styles by meaning; a plain palette leaves text as it is.
#[derive(Clone, Copy, Debug, Default)]
pub struct Palette {
    pub(super) strong: Style,
    pub(super) frame: Style,
    pub(super) safe: Style,
    pub(super) offered: Style,
    pub(super) draft: Style,
    pub(super) report: Style,
    pub(super) hunk: Style,
    pub(super) removed: Style,
    pub(super) removed_word: Style,
    pub(super) added: Style,
    pub(super) added_word: Style,
}

impl Palette {
    /// No colours.
    pub fn plain() -> Self {
        Self::default()
    }

    /// The sixteen colours of every terminal.
    pub fn colored() -> Self {
        let color = |color: AnsiColor| color.on_default();
        Self {
            strong: Style::new().bold(),
            frame: color(AnsiColor::Blue).bold(),
            safe: color(AnsiColor::Green).bold(),
            offered: color(AnsiColor::Yellow).bold(),
            draft: color(AnsiColor::Magenta).bold(),
            report: color(AnsiColor::Red).bold(),
            hunk: color(AnsiColor::Cyan),
            removed: color(AnsiColor::Red),
            removed_word: color(AnsiColor::Red).effects(Effects::BOLD | Effects::INVERT),
            added: color(AnsiColor::Green),
            added_word: color(AnsiColor::Green).effects(Effects::BOLD | Effects::INVERT),
        }
    }

    pub(super) fn level(&self, level: Level) -> Style {
        match level {
            Level::Safe => self.safe,
            Level::Offered => self.offered,
            Level::Draft => self.draft,
            Level::Report => self.report,
        }
    }
}
