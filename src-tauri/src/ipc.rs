//! The command table as Tauri commands. The bodies are plain async functions over [`Shell`], so that tests call them without
//! a window.

use std::any::Any;

use serde_json::Value;
use tauri::ipc::Invoke;

#[allow(clippy::wildcard_imports, reason = "the table names every request and response type")]
use crate::dto::*;
use crate::{commands, state::Shell};

/// The action of an [`ActReq`]; it names no mail and no person.
fn act_of(req: &dyn Any) -> Option<&Action> {
    req.downcast_ref::<ActReq>().map(|req| &req.action)
}

macro_rules! wrap {
    ($($name:ident($req:ty) -> $res:ty),* $(,)?) => {
        mod wrapped {
            #[allow(clippy::wildcard_imports, reason = "as above")]
            use super::*;
            $(
                #[tauri::command]
                pub async fn $name(shell: tauri::State<'_, Shell>, req: $req) -> Result<$res, ApiError> {
                    // Names only, and what is done to mail. What a mail makes the page ask for is counted by this line (tests/e2e/hostile).
                    tracing::trace!(target: "aurelius::ipc", command = stringify!($name), act = ?act_of(&req));
                    let shell = shell.inner().clone();
                    commands::$name(&shell, req).await
                }
            )*
        }

        /// Everything the window may call.
        pub fn handler() -> impl Fn(Invoke<tauri::Wry>) -> bool + Send + Sync + 'static {
            tauri::generate_handler![$(wrapped::$name),*]
        }

        /// The same table over JSON, for tests without a window.
        pub async fn dispatch(shell: &Shell, command: &str, req: Value) -> Result<Value, ApiError> {
            match command {
                $(
                    stringify!($name) => {
                        let req: $req = serde_json::from_value(req).map_err(|e| ApiError::bad_request(&e.to_string()))?;
                        let res: $res = commands::$name(shell, req).await?;
                        serde_json::to_value(res).map_err(|e| ApiError::bad_request(&e.to_string()))
                    }
                )*
                other => Err(ApiError::bad_request(&format!("there is no command {other}"))),
            }
        }
    };
}
crate::with_commands!(wrap);
