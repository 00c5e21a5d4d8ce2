//! What the rules say: findings with their level, their traps and the unit they belong to.

use std::ops::Range;

use crate::marker::Question;
use crate::rules::{Rule, Trap};
use crate::tree::FileId;

/// How much of a person a change needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Level {
    /// Compiles against the new API and behaves the same: applied by default.
    Safe,
    /// Compiles, but a behaviour that the finding names changes: applied with `--offered`.
    Offered,
    /// Compiles, and leaves something for a person to decide, which stands in the code as a comment: applied with `--draft`.
    Draft,
    /// Nothing is changed; the finding says what to write.
    Report,
}

impl Level {
    /// All levels, from the best to the worst.
    pub const ALL: [Level; 4] = [Level::Safe, Level::Offered, Level::Draft, Level::Report];

    /// What each level means, as Markdown.
    pub const DOCS: &str = include_str!("levels.md");

    /// The word that people and reports use.
    pub fn name(self) -> &'static str {
        match self {
            Level::Safe => "safe",
            Level::Offered => "offered",
            Level::Draft => "draft",
            Level::Report => "report",
        }
    }
}

/// Names a unit: sites that change together or not at all. Stable for the same tree, also after other units went.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UnitId(pub String);

/// One legacy site.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// The rule that found it.
    pub rule: Rule,
    /// The file it stands in.
    pub file: FileId,
    /// Its bytes.
    pub range: Range<usize>,
    /// The level of the unit it belongs to: the worst of the unit's sites.
    pub level: Level,
    /// What stands there, as a lowercase fragment.
    pub what: String,
    /// Why the level is not safe; where there is nothing special to say, the front end's [reason](crate::frontend::Frontend::reason) for the rule.
    pub why: String,
    /// What the tool does, or what the person should write.
    pub help: String,
    /// Behaviours that would change.
    pub traps: Vec<Trap>,
    /// What a person has to decide once the change is made.
    pub questions: Vec<Question>,
    /// What is worth knowing, and lowers no level.
    pub notes: Vec<String>,
    /// The unit it belongs to.
    pub unit: UnitId,
}

/// The class in which one textual occurrence of a legacy name ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Class {
    /// Part of a safe change.
    Rewritten,
    /// Part of a change that needs a yes.
    Offered,
    /// Part of a change that leaves something to decide, or the comment that says what.
    Draft,
    /// Part of a finding without a change.
    Reported,
    /// Stands in a comment or in prose.
    Documentation,
    /// Resolved to something else.
    Unrelated,
    /// Inside a macro that cannot be read.
    Opaque,
    /// Suppressed with a reason.
    Suppressed,
    /// In a file that does not parse.
    Unparsable,
}

impl Class {
    /// All classes, in the order of reports.
    pub const ALL: [Class; 9] = [
        Class::Rewritten,
        Class::Offered,
        Class::Draft,
        Class::Reported,
        Class::Documentation,
        Class::Unrelated,
        Class::Opaque,
        Class::Suppressed,
        Class::Unparsable,
    ];

    /// The word that reports use.
    pub fn name(self) -> &'static str {
        match self {
            Class::Rewritten => "rewritten",
            Class::Offered => "offered",
            Class::Draft => "draft",
            Class::Reported => "reported",
            Class::Documentation => "documentation",
            Class::Unrelated => "unrelated",
            Class::Opaque => "opaque",
            Class::Suppressed => "suppressed",
            Class::Unparsable => "unparsable",
        }
    }

    /// Whether `check` fails on an occurrence of this class.
    pub fn fails_check(self) -> bool {
        !matches!(self, Class::Unrelated | Class::Suppressed)
    }
}

/// One textual occurrence of a legacy name and its class.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Mention {
    /// The file it stands in.
    pub file: FileId,
    /// First byte of the name.
    pub offset: usize,
    /// Its class.
    pub class: Class,
}
