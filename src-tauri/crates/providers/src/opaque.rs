//! Cursors as the engine keeps them: JSON that nobody but its provider reads. A shape is stored for years: fields and variants are added with
//! defaults, none is changed.

use domain::sync::SyncCursor;
use serde::{Serialize, de::DeserializeOwned};

/// None where it is of another kind, or can't be read: the caller begins anew.
pub(crate) fn read<T: DeserializeOwned>(cursor: &SyncCursor) -> Option<T> {
    let SyncCursor::Opaque { value } = cursor else { return None };
    serde_json::from_str(value).ok()
}

pub(crate) fn write<T: Serialize>(cursor: &T) -> SyncCursor {
    // Structs of strings and numbers always serialise.
    SyncCursor::Opaque { value: serde_json::to_string(cursor).unwrap_or_default() }
}
