//! Where tools are looked up.

use std::sync::{Arc, PoisonError, RwLock};

use super::Tool;

/// Looks tools up by name.
///
/// ```
/// use geppetto_runtime::tools::{Tool, ToolError, ToolRegistry};
///
/// struct OneTool(Tool);
/// impl ToolRegistry for OneTool {
///     fn tools(&self) -> Vec<Tool> {
///         vec![self.0.clone()]
///     }
/// }
/// let registry = OneTool(Tool::from_fn("now", "the time", |(): ()| Ok::<_, ToolError>("noon")));
/// assert!(registry.tool("now").is_some() && registry.tool("then").is_none());
/// ```
pub trait ToolRegistry: Send + Sync {
    /// Every tool, in the order in which models should see them.
    fn tools(&self) -> Vec<Tool>;

    /// The tool of this name.
    fn tool(&self, name: &str) -> Option<Tool> {
        self.tools().into_iter().find(|tool| tool.name() == name)
    }
}

impl<R: ToolRegistry + ?Sized> ToolRegistry for Arc<R> {
    fn tools(&self) -> Vec<Tool> {
        (**self).tools()
    }

    fn tool(&self, name: &str) -> Option<Tool> {
        (**self).tool(name)
    }
}

/// Tools in memory, in the order of their registration. May be changed while runs use it.
///
/// ```
/// use geppetto_runtime::tools::{InMemoryToolRegistry, Tool, ToolError, ToolRegistry};
///
/// let registry = InMemoryToolRegistry::new();
/// registry.register(Tool::from_fn("now", "the time", |(): ()| Ok::<_, ToolError>("noon")));
/// assert_eq!(registry.tool("now").unwrap().description(), "the time");
/// ```
#[derive(Debug, Default)]
pub struct InMemoryToolRegistry {
    tools: RwLock<Vec<Tool>>,
}

impl InMemoryToolRegistry {
    /// A registry without tools.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a tool; one of the same name is replaced at its place.
    pub fn register(&self, tool: Tool) {
        let mut tools = self.tools.write().unwrap_or_else(PoisonError::into_inner);
        match tools.iter_mut().find(|known| known.name() == tool.name()) {
            Some(known) => *known = tool,
            None => tools.push(tool),
        }
    }

    /// Removes the tool of this name and returns it.
    pub fn unregister(&self, name: &str) -> Option<Tool> {
        let mut tools = self.tools.write().unwrap_or_else(PoisonError::into_inner);
        let index = tools.iter().position(|tool| tool.name() == name)?;
        Some(tools.remove(index))
    }
}

impl ToolRegistry for InMemoryToolRegistry {
    fn tools(&self) -> Vec<Tool> {
        self.tools.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn tool(&self, name: &str) -> Option<Tool> {
        let tools = self.tools.read().unwrap_or_else(PoisonError::into_inner);
        tools.iter().find(|tool| tool.name() == name).cloned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tools::ToolError;

    fn tool(name: &str, description: &str) -> Tool {
        Tool::from_fn(name, description, |(): ()| Ok::<_, ToolError>(()))
    }

    #[test]
    fn a_tool_of_the_same_name_takes_the_place_of_the_old() {
        let registry = InMemoryToolRegistry::new();
        for (name, description) in [("a", "old"), ("b", ""), ("a", "new")] {
            registry.register(tool(name, description));
        }
        let known: Vec<_> = registry.tools().iter().map(|t| format!("{}:{}", t.name(), t.description())).collect();
        assert_eq!(known, ["a:new", "b:"]);
        assert!(registry.unregister("a").is_some() && registry.unregister("a").is_none());
        assert!(registry.tool("a").is_none());
    }
}
