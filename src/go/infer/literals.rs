//! Composite literals: what their elements are.

use super::{Ref, Walk};
use crate::go::syntax::NodeId;
use crate::go::ty::Ty;

impl Walk<'_> {
    pub(super) fn composite(&mut self, node: NodeId) -> Ty {
        let Some(written) = self.syntax.child(node, "type") else { return Ty::Unknown };
        self.type_names_below(written);
        let ty = self.read_type(written);
        if let Some(body) = self.syntax.child(node, "body") {
            self.literal_of(body, &ty);
            self.out.types.insert(body, ty.clone());
        }
        ty
    }

    /// The elements in the braces of a value of type `ty`; `ty` may be a pointer where the `&T` is left out.
    pub(super) fn literal_of(&mut self, body: NodeId, ty: &Ty) -> Ty {
        let of = self.types.underlying(ty.pointee());
        for (index, element) in self.syntax.children(body).collect::<Vec<_>>().into_iter().enumerate() {
            self.element(element, index, ty.pointee(), &of);
        }
        ty.clone()
    }

    fn element(&mut self, element: NodeId, index: usize, ty: &Ty, of: &Ty) {
        let (key, value) = match self.syntax.kind(element) {
            "keyed_element" => (self.syntax.child(element, "key"), self.syntax.child(element, "value")),
            _ => (None, Some(element)),
        };
        let expected = match of {
            Ty::Struct(..) => match key {
                Some(key) => self.field_key(key, ty),
                None => self.nth_field(index, of, ty),
            },
            Ty::Slice(element) => {
                self.key_value(key, None);
                (**element).clone()
            }
            Ty::Map(key_ty, value) => {
                self.key_value(key, Some(key_ty));
                (**value).clone()
            }
            _ => {
                self.unknown_key(key);
                Ty::Unknown
            }
        };
        if let Some(value) = value {
            self.expr_as(value, Some(&expected));
        }
    }

    fn field_key(&mut self, key: NodeId, ty: &Ty) -> Ty {
        let name = self.syntax.children(key).next().unwrap_or(key);
        match self.types.select(ty, self.syntax.text(name)) {
            Some((def, ty)) => {
                self.out.refs.insert(name, Ref::Def(def));
                ty
            }
            None => Ty::Unknown,
        }
    }

    fn nth_field(&self, index: usize, of: &Ty, ty: &Ty) -> Ty {
        let Ty::Struct(file, node) = of else { return Ty::Unknown };
        let Some(&field) = self.program.members(*file, *node).get(index) else { return Ty::Unknown };
        let name = &self.program.def(field).name;
        self.types.select(ty, name).map_or(Ty::Unknown, |(_, ty)| ty)
    }

    fn key_value(&mut self, key: Option<NodeId>, expected: Option<&Ty>) {
        if let Some(key) = key {
            self.expr_as(key, expected);
        }
    }

    /// A key of who knows what: a bare name may be a field, so it is given no meaning.
    fn unknown_key(&mut self, key: Option<NodeId>) {
        let Some(key) = key else { return };
        let inner = self.syntax.children(key).next().unwrap_or(key);
        if self.syntax.kind(inner) != "identifier" {
            self.expr(inner);
        }
    }
}
