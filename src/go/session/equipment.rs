//! The builder that a core session becomes, and the statements that put it together.

use super::facts::{Creation, Literal};
use super::settings::{self, Plan};
use super::{Sessions, literal, statements};
use crate::go::cx::Outcome;
use crate::go::syntax::NodeId;

/// A builder in the making.
#[derive(Clone, Debug, Default)]
pub(crate) struct Equipment {
    /// The statements that collect its options.
    pub(crate) before: Vec<String>,
    /// The expression that makes it.
    pub(crate) builder: String,
    /// The statement behind which its options are complete, where that is another one.
    behind: Option<NodeId>,
}

impl Equipment {
    /// The builder of a core session.
    ///
    /// # Errors
    /// What is said where a field cannot be given to a builder.
    pub(crate) fn of(session: &Sessions<'_, '_>, made: &Literal, plan: &Plan, base: &str) -> Result<Self, Outcome> {
        let settings = match plan {
            Plan::AtOnce(later) => {
                let builder = literal::at_once(session, made, base, later)?;
                return Ok(Self { builder, ..Self::default() });
            }
            Plan::Collected(settings) => settings,
        };
        let name = settings::options_name(session, made);
        let mut before = vec![format!("{name} := {}", literal::options(session, made, base)?)];
        for &(part, _, value) in &made.parts {
            if settings::is_conditional(session, made.file, part, value) {
                before.push(settings::addition(session, made.file, &name, (part, value))?);
            }
        }
        let package = session.cx.package(made.file, "inference/toolloop/enginebuilder");
        let behind = settings::last_statement(session, made, settings).filter(|_| !settings.is_empty());
        Ok(Self { before, builder: format!("{package}New({name}...)"), behind })
    }

    pub(crate) fn is_behind(&self) -> bool {
        self.behind.is_some()
    }

    /// The statement that gives the builder to the session.
    pub(crate) fn set(&self, session: &str) -> String {
        self.put(&format!("{session}.Builder ="))
    }

    fn put(&self, place: &str) -> String {
        format!("{place} {}", self.builder)
    }

    /// The statements that stand where the core session was made.
    pub(crate) fn lines(&self, session: &str) -> Vec<String> {
        let set = (!self.is_behind()).then(|| self.set(session));
        self.before.iter().cloned().chain(set).collect()
    }

    /// The same, with the builder in a variable.
    pub(crate) fn declare(&self, session: &Sessions<'_, '_>, made: &Literal, variable: &str) -> Vec<String> {
        let declaration = self.put(&format!("{variable} :="));
        match self.behind {
            Some(stmt) => {
                session.draft.insert_after(made.file, stmt, &[declaration]);
                self.before.clone()
            }
            None => self.before.iter().cloned().chain([declaration]).collect(),
        }
    }

    /// The statements that make the session called `name`, with its builder.
    pub(crate) fn statements(&self, session: &Sessions<'_, '_>, creation: &Creation, name: &str) -> Vec<String> {
        let builder = (!self.is_behind()).then_some(self.builder.as_str());
        self.before.iter().cloned().chain(statements(session, creation, name, builder)).collect()
    }

    /// Gives the builder to the session where its options are complete.
    pub(crate) fn set_behind(&self, session: &Sessions<'_, '_>, made: &Literal, name: &str) {
        if let Some(stmt) = self.behind {
            session.draft.insert_after(made.file, stmt, &[self.set(name)]);
        }
    }
}
