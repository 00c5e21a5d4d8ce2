//! What a rule decides about one site, in any language.

use crate::finding::Level;
use crate::marker::Question;
use crate::rules::Trap;

/// The decision about a site: its level, its changes `C`, those `R` that take text of the file along, and what is said.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Outcome<C, R = C> {
    pub(crate) level: Level,
    pub(crate) changes: Vec<C>,
    /// Changes that take text of the file along.
    pub(crate) rewrites: Box<[R]>,
    pub(crate) why: String,
    pub(crate) help: String,
    /// Boxed, as outcomes are results of much that may fail.
    pub(crate) said: Box<Said>,
}

/// What is said besides the reason for the level.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Said {
    pub(crate) traps: Vec<Trap>,
    /// What a person has to decide once the change is made; each stands in the code above the site's line.
    pub(crate) questions: Vec<Question>,
    /// What is worth knowing, and lowers no level.
    pub(crate) notes: Vec<String>,
}

impl Said {
    /// The questions that a change of this level leaves: what is only reported leaves everything.
    pub(crate) fn questions_at(&self, level: Level) -> Vec<Question> {
        if level == Level::Report { Vec::new() } else { self.questions.clone() }
    }
}

/// Why something that other code uses goes at this level only.
pub(crate) fn still_used(level: Level) -> &'static str {
    match level {
        Level::Safe => "",
        Level::Offered => "code that is only offered a change still uses it",
        Level::Draft => "code that is only drafted still uses it",
        Level::Report => "code that is only reported still uses it",
    }
}

/// Why an import goes at this level only.
pub(crate) fn keeps_import(level: Level) -> &'static str {
    match level {
        Level::Safe => "",
        Level::Offered => "what it brings is used by changes that are offered",
        Level::Draft => "what it brings is used by changes that are drafted",
        Level::Report => "what it brings is still used by what is only reported",
    }
}

impl<C, R> Outcome<C, R> {
    /// A safe change; `help` says what is written instead.
    pub(crate) fn safe(changes: Vec<C>, help: impl Into<String>) -> Self {
        Self {
            level: Level::Safe,
            changes,
            rewrites: Box::default(),
            why: String::new(),
            help: help.into(),
            said: Box::default(),
        }
    }

    /// No change, and the person is told what to write.
    pub(crate) fn report(why: impl Into<String>, help: impl Into<String>) -> Self {
        Self { level: Level::Report, why: why.into(), ..Self::safe(Vec::new(), help) }
    }

    /// A change after a yes, because of `trap`.
    pub(crate) fn offered(self, trap: Trap, why: &str) -> Self {
        self.reserved(why).because(trap, why)
    }

    /// A change after a yes, for a reason that is no trap of its own.
    pub(crate) fn reserved(mut self, why: &str) -> Self {
        self.level = self.level.max(Level::Offered);
        self.explain(why);
        self
    }

    /// A change that compiles and leaves something to a person: `question` says what there is to decide, because of `trap`.
    /// The comment that says it in the code comes with the change.
    pub(crate) fn drafted(mut self, trap: Trap, why: &str, question: impl Into<String>) -> Self {
        self.level = self.level.max(Level::Draft);
        self.ask(Question { trap, text: question.into() });
        self.because(trap, why)
    }

    /// The same where a comment cannot stand: a person writes it.
    pub(crate) fn undrafted(self) -> Self {
        let report = Self::report(self.why, self.help);
        Self { said: Box::new(Said { questions: Vec::new(), ..*self.said }), ..report }
    }

    /// Says something that lowers no level.
    pub(crate) fn noted(mut self, note: impl Into<String>) -> Self {
        let note = note.into();
        if !self.said.notes.contains(&note) {
            self.said.notes.push(note);
        }
        self
    }

    /// The same decision where something else, which is not reported, holds as well; `why` says what it is about.
    pub(crate) fn burdened<D, S>(self, other: Outcome<D, S>, why: &str) -> Self {
        let mut burdened = if other.level > Level::Safe { self.reserved(why) } else { self };
        burdened.level = burdened.level.max(other.level);
        let Said { traps, questions, notes } = *other.said;
        questions.into_iter().for_each(|question| burdened.ask(question));
        let noted = notes.into_iter().fold(burdened, Self::noted);
        traps.into_iter().fold(noted, |outcome, trap| outcome.because(trap, why))
    }

    fn ask(&mut self, question: Question) {
        if !self.said.questions.contains(&question) {
            self.said.questions.push(question);
        }
    }

    /// Names a trap and says why it matters here.
    pub(crate) fn because(mut self, trap: Trap, why: &str) -> Self {
        if !self.said.traps.contains(&trap) {
            self.said.traps.push(trap);
        }
        self.explain(why);
        self
    }

    fn explain(&mut self, why: &str) {
        if !self.why.contains(why) {
            if !self.why.is_empty() {
                self.why.push_str("; ");
            }
            self.why.push_str(why);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn safe() -> Outcome<u8> {
        Outcome::safe(vec![1], "so")
    }

    fn drafted() -> Outcome<u8> {
        safe().drafted(Trap::NoCounterpart, "it has none", "what to do")
    }

    #[test]
    fn a_draft_names_its_trap_and_asks_each_question_once() {
        let outcome =
            drafted().drafted(Trap::NoCounterpart, "it has none", "what to do").offered(Trap::EmptyId, "empty");
        assert_eq!((outcome.level, outcome.why.as_str()), (Level::Draft, "it has none; empty"));
        assert_eq!(outcome.said.traps, [Trap::NoCounterpart, Trap::EmptyId]);
        let question = Question { trap: Trap::NoCounterpart, text: "what to do".to_owned() };
        assert_eq!(outcome.said.questions_at(Level::Draft), [question]);
        assert_eq!(outcome.said.questions_at(Level::Report), []);
    }

    #[test]
    fn a_note_lowers_no_level() {
        let outcome = safe().noted("it grows").noted("it grows");
        assert_eq!((outcome.level, outcome.said.notes), (Level::Safe, vec!["it grows".to_owned()]));
    }

    #[test]
    fn a_burden_brings_everything_along() {
        let other: Outcome<char> =
            Outcome::safe(vec!['c'], "else").drafted(Trap::TypeMerge, "two types", "which one").noted("besides");
        let outcome = safe().burdened(other, "two types (a.rs:1)");
        assert_eq!((outcome.level, outcome.why.as_str()), (Level::Draft, "two types (a.rs:1)"));
        assert_eq!((outcome.changes.as_slice(), outcome.said.traps.as_slice()), (&[1][..], &[Trap::TypeMerge][..]));
        assert_eq!((outcome.said.questions.len(), outcome.said.notes.len()), (1, 1));
    }

    #[test]
    fn where_no_comment_can_stand_a_draft_is_a_report() {
        let outcome = drafted().noted("besides").undrafted();
        assert_eq!((outcome.level, outcome.changes.len(), outcome.why.as_str()), (Level::Report, 0, "it has none"));
        assert_eq!((outcome.said.questions.len(), outcome.said.traps.len(), outcome.said.notes.len()), (0, 1, 1));
    }
}
