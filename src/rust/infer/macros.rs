//! Macro calls whose arguments were read: their types, the locals that format strings name.

use std::collections::HashMap;

use super::super::hir::{MacroCall, MacroContent};
use super::super::ty::Ty;
use super::Body;

impl Body<'_> {
    pub(super) fn macro_call(&mut self, call: &MacroCall, expected: Option<&Ty>) -> Ty {
        let name = call.path.segments.last().map_or("", |segment| segment.name.text.as_str());
        let wanted = match expected {
            Some(Ty::Adt(_, items)) if name == "vec" => items.first(),
            _ => expected,
        };
        let types = self.macro_content(&call.content, wanted, name == "vec");
        for capture in &call.captures {
            if let Some(pat) = self.lookup_local(&capture.text) {
                self.out.captures.push((capture.clone(), pat));
            }
        }
        match name {
            "vec" => {
                let item = self.var();
                for ty in &types {
                    self.unify(&item, ty);
                }
                self.resolver.known_ty("std::vec::Vec", vec![item])
            }
            "format" => self.resolver.known_ty("std::string::String", Vec::new()),
            "matches" => Ty::bool(),
            "join" => Ty::Tuple(types.iter().map(|ty| self.impls.awaited(ty)).collect()),
            "try_join" => self.try_joined(&types),
            "dbg" | "pin" | "select" | "ready" => match types.as_slice() {
                [only] => only.clone(),
                [first, ..] if name == "select" => first.clone(),
                _ => Ty::Unknown,
            },
            "println" | "print" | "eprintln" | "eprint" | "assert" | "assert_eq" | "assert_ne" => Ty::unit(),
            "panic" | "unreachable" | "todo" | "unimplemented" | "bail" => Ty::Never,
            _ => Ty::Unknown,
        }
    }

    /// All values, or the first error.
    fn try_joined(&mut self, futures: &[Ty]) -> Ty {
        let error = self.var();
        let mut values = Vec::new();
        for future in futures {
            let future = self.deep(future);
            let value = self.var();
            let result = self.resolver.known_ty("std::result::Result", vec![value.clone(), error.clone()]);
            let awaited = self.impls.awaited(&future);
            self.unify(&result, &awaited);
            values.push(value);
        }
        self.resolver.known_ty("std::result::Result", vec![Ty::Tuple(values), error])
    }

    /// The types of what a macro is given; `expected` is that of each argument where all are of one type.
    fn macro_content(&mut self, content: &MacroContent, expected: Option<&Ty>, is_list: bool) -> Vec<Ty> {
        match content {
            MacroContent::Exprs(exprs) => {
                let expected = expected.filter(|_| is_list);
                exprs.iter().map(|&expr| self.expr(expr, expected)).collect()
            }
            MacroContent::Block(block) => vec![self.expr(*block, expected)],
            MacroContent::Matches { expr, pat, guard, rest } => {
                let ty = self.expr(*expr, None);
                self.locals.push(HashMap::new());
                self.pattern(*pat, &ty);
                self.all(guard.as_slice());
                self.locals.pop();
                self.all(rest);
                Vec::new()
            }
            MacroContent::Select { arms, otherwise } => {
                let mut types = Vec::new();
                for arm in arms {
                    let future = self.expr(arm.future, None);
                    let future = self.deep(&future);
                    let awaited = self.impls.awaited(&future);
                    self.locals.push(HashMap::new());
                    self.all(arm.guard.as_slice());
                    self.pattern(arm.pat, &awaited);
                    types.push(self.expr(arm.body, expected));
                    self.locals.pop();
                }
                types.extend(otherwise.map(|otherwise| self.expr(otherwise, expected)));
                types
            }
            MacroContent::Opaque => Vec::new(),
        }
    }
}
