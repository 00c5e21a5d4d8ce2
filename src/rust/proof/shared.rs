//! What code out of sight may get hold of.

use super::super::cx::Cx;
use super::super::hir::{Attr, Fields, ItemKind, Visibility};
use super::super::index::FileIdx;
use super::super::sites::Site;
use super::{is_called_from_outside, is_exported};

/// Whether code out of sight may have the state or session that a site names the type of.
pub(crate) fn is_shared_with_outside(cx: &Cx<'_>, site: &Site) -> bool {
    let Some((item, top)) = site.holder(cx) else { return false };
    let hir = cx.hir(site.file);
    let Some(def) = cx.program.def_of_item(site.file, item) else { return false };
    match &hir[item].kind {
        ItemKind::Fn(_) => is_called_from_outside(cx, def),
        ItemKind::Struct(Fields::Named(fields) | Fields::Tuple(fields)) => {
            let is_private = fields.iter().any(|field| field.ty == top && field.visibility != Visibility::Public);
            is_exported(cx, def) && !(is_private && is_made_by_its_own_code(cx, site.file, &hir[item].attrs))
        }
        _ => is_exported(cx, def),
    }
}

/// Whether no attribute of a struct writes a function that fills its private fields.
fn is_made_by_its_own_code(cx: &Cx<'_>, file: FileIdx, attrs: &[Attr]) -> bool {
    let fills_none = ["Clone", "Debug", "Default", "Eq", "Hash", "Ord", "PartialEq", "PartialOrd", "Serialize"];
    attrs.iter().all(|attr| match attr.path.as_str() {
        "derive" => {
            let text = cx.text(file, attr.span);
            let list = text.find('(').map_or("", |at| &text[at + 1..]).trim_end_matches([')', ']']);
            list.split(',')
                .map(str::trim)
                .all(|path| path.is_empty() || fills_none.contains(&path.rsplit("::").next().unwrap_or(path)))
        }
        "allow" | "expect" | "cfg" | "must_use" | "deprecated" | "non_exhaustive" | "repr" => true,
        _ => attr.is_doc,
    })
}
