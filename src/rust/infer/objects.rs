//! Where objects of traits are wanted: a pointer to a value becomes a pointer to such an object there.

use super::super::hir::ExprId;
use super::super::ty::Ty;
use super::Body;

impl Body<'_> {
    pub(super) fn want(&mut self, id: ExprId, wanted: &Ty) {
        if is_object(wanted) {
            self.out.wanted.insert(id, wanted.clone());
        }
    }

    /// `Some(pointer)` and the like, where what they hold is wanted to be an object.
    pub(super) fn want_through(&mut self, args: &[ExprId], params: &[Ty], ret: &Ty, expected: Option<&Ty>) {
        let (Ty::Adt(made, held), Some(Ty::Adt(asked, wanted))) = (ret, expected) else { return };
        if made != asked {
            return;
        }
        for (&arg, param) in args.iter().zip(params) {
            if let Some(place) = held.iter().position(|part| part == param)
                && let Some(wanted) = wanted.get(place)
            {
                self.want(arg, wanted);
            }
        }
    }
}

/// Whether a type is `Arc<dyn Trait>`, `&dyn Trait` or the like.
fn is_object(ty: &Ty) -> bool {
    match ty {
        Ty::Adt(_, args) => matches!(args.as_slice(), [Ty::Trait(..)]),
        Ty::Ref(inner) => matches!(**inner, Ty::Trait(..)),
        _ => false,
    }
}
