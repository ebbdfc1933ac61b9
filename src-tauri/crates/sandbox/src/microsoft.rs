//! Microsoft: the sign-in ([`entra`]) and Microsoft Graph v1.0 as far as a mail client uses it (PROVIDERS 2, A.2).

use std::sync::Arc;

use axum::Router;

use crate::Shared;

pub(crate) mod entra;
pub(crate) mod error;
pub(crate) mod sbx;

pub use entra::{ConditionalAccess, EntraSwitches, MS_CLIENT_ID, MS_PERSONAL_TENANT, MS_TENANT};
pub(crate) use error::scripted;

pub(crate) fn routes(shared: Arc<Shared>) -> Router {
    entra::http::routes(shared)
}
