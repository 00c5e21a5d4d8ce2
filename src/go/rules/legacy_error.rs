//! `legacy-error`: the sentinels of the legacy state.

use crate::go::cx::Cx;
use crate::go::sites::Site;

/// Ties sentinels to the states whose errors they are compared with.
pub(crate) fn tie(cx: &Cx<'_>, sites: &[Site]) {
    let _ = (cx, sites);
}
