//! `From::from` and what the standard library converts with it: what comes out is made of what goes in.

use super::super::hir::ExprId;
use super::super::ty::Ty;
use super::{Body, ValueRes};

impl Body<'_> {
    /// Whether a callee is `from` of the trait itself, or of a type of which no own conversion is known.
    pub(super) fn is_conversion(&self, callee: ExprId) -> bool {
        match self.out.values.get(&callee) {
            Some(ValueRes::Def(def)) => {
                let data = self.resolver.program.def(*def);
                data.name == "from" && self.resolver.program.is_model(*def)
            }
            Some(ValueRes::Extern(path)) => path == "derived::from",
            _ => false,
        }
    }

    /// The one argument of a conversion, and what it makes of the result: a value of the same type is itself, one in a
    /// box moves into another pointer, and whatever else is held.
    pub(super) fn conversion(&mut self, arg: ExprId, ret: &Ty, expected: Option<&Ty>) {
        if let (Ty::Var(_), Some(expected)) = (self.shallow(ret), expected) {
            self.hint_any(ret, expected);
        }
        let found = self.expr(arg, None);
        let (ret, found) = (self.deep(ret), self.deep(&found));
        let (Ty::Adt(holder, args), Ty::Adt(given, given_args)) = (&ret, &found) else { return };
        match (args.as_slice(), given_args.as_slice()) {
            _ if holder == given => self.unify(&ret, &found),
            ([held], [boxed]) if self.is_pointer(*holder) && self.is_known(*given, &["std::boxed::Box"]) => {
                self.unify(held, boxed);
            }
            ([held], _) if self.resolver.program.is_model(*holder) => self.unify(held, &found),
            _ => {}
        }
    }

    fn is_pointer(&self, def: super::super::index::DefId) -> bool {
        self.is_known(def, &["std::sync::Arc", "std::rc::Rc"])
    }
}
