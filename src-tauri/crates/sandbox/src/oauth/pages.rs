//! The pages that the person sees in the browser: account chooser with granular consent, and errors. No scripts, no remote parts.

use std::fmt::Write as _;

use super::AuthServer;
use crate::{control::Provider, text::html};

const STYLE: &str = "
:root{color-scheme:light dark;--bg:#eef1f6;--card:#fff;--ink:#1c2230;--dim:#5a6478;--line:#d8dee9;--accent:#2f5bd7;--on:#fff}
@media(prefers-color-scheme:dark){:root{--bg:#12151c;--card:#1b202b;--ink:#e8ecf4;--dim:#9aa5ba;--line:#2e3647;--accent:#7d9dff;--on:#10141c}}
*{box-sizing:border-box}body{margin:0;min-height:100vh;display:grid;place-items:center;background:var(--bg);color:var(--ink);font:15px/1.5 system-ui,sans-serif;padding:24px}
main{width:100%;max-width:460px;background:var(--card);border:1px solid var(--line);border-radius:18px;padding:32px;box-shadow:0 12px 40px #0002}
.brand{display:flex;align-items:center;gap:10px;color:var(--dim);font-size:13px}.dot{width:28px;height:28px;border-radius:9px;background:linear-gradient(135deg,#2f5bd7,#7b61ff 60%,#f2a65a)}
h1{font-size:22px;line-height:1.3;margin:18px 0 6px;text-wrap:balance}p{margin:0 0 18px;color:var(--dim)}
fieldset{border:0;padding:0;margin:0 0 22px}legend{font-weight:600;padding:0;margin-bottom:8px}
label{display:flex;gap:12px;align-items:flex-start;padding:11px 12px;border:1px solid var(--line);border-radius:12px;margin-bottom:8px;cursor:pointer}
label:has(:checked){border-color:var(--accent)}input{margin:4px 0 0;accent-color:var(--accent);width:16px;height:16px;flex:none}
label b{display:block;font-weight:600}small{color:var(--dim);font-size:13px;overflow-wrap:anywhere}
.row{display:flex;justify-content:flex-end;gap:10px}button{font:inherit;font-weight:600;border-radius:999px;padding:10px 22px;border:1px solid var(--line);background:none;color:inherit;cursor:pointer}
button.go{background:var(--accent);border-color:var(--accent);color:var(--on)}button:focus-visible,input:focus-visible{outline:3px solid var(--accent);outline-offset:2px}
footer{margin-top:20px;font-size:12px;color:var(--dim)}code{font-size:13px;overflow-wrap:anywhere}";

fn frame(title: &str, brand: &str, inner: &str) -> String {
    format!(
        "<!doctype html><html lang=en><meta charset=utf-8><meta name=viewport content=\"width=device-width,initial-scale=1\">\
         <title>{}</title><style>{STYLE}</style><main><div class=brand><span class=dot aria-hidden=true></span>{}</div>{inner}\
         <footer>Local stand-in on this machine: nothing here reaches a real provider.</footer></main></html>",
        html(title),
        html(brand),
    )
}

const fn brand(provider: Provider) -> &'static str {
    match provider {
        Provider::Google => "Google sandbox",
        // CalDAV signs in with a password and has no pages; Microsoft has its own.
        _ => "Fjordkraft sign-in sandbox",
    }
}

/// The consent page of pending request `id`.
pub(super) fn consent(server: &AuthServer, provider: Provider, id: &str) -> String {
    let Some(pending) = server.pending(id) else { return error(400, "invalid_request", "This sign-in is over.") };
    let mut accounts = String::new();
    let hint = pending.login_hint.as_deref();
    for (n, user) in server.users().iter().enumerate() {
        let checked = if hint.map_or(n == 0, |h| h == user.email) { " checked" } else { "" };
        let _ = write!(
            accounts,
            "<label><input type=radio name=account required value=\"{}\"{checked}><span><b>{}</b><small>{}</small></span></label>",
            html(&user.subject),
            html(&user.name),
            html(&user.email)
        );
    }
    let mut scopes = String::new();
    let mut basics = String::new();
    for scope in &pending.scopes {
        let words = server.policy.scopes.iter().find(|(name, _)| name == scope).map_or(scope.as_str(), |(_, words)| *words);
        let identity = matches!(scope.as_str(), "openid" | "email" | "profile") || scope.contains("/userinfo.");
        if identity {
            let _ = write!(basics, "<input type=hidden name=scope value=\"{}\">", html(scope));
        } else {
            let _ = write!(
                scopes,
                "<label><input type=checkbox name=scope value=\"{0}\" checked><span><b>{1}</b><small>{0}</small></span></label>",
                html(scope),
                html(words)
            );
        }
    }
    let chosen = if scopes.is_empty() {
        String::new()
    } else {
        format!("<fieldset><legend>Select what Aurelius may do</legend>{scopes}</fieldset>")
    };
    let action = match provider {
        Provider::Google => "/o/oauth2/v2/consent",
        _ => "/consent",
    };
    let inner = format!(
        "<h1>Aurelius wants access to your account</h1><p>It will know your name and address. Untick what you would rather not share.</p>\
         <form method=post action=\"{action}\"><input type=hidden name=request value=\"{}\">{basics}\
         <fieldset><legend>Choose an account</legend>{accounts}</fieldset>{chosen}\
         <div class=row><button name=decision value=deny formnovalidate>Deny</button>\
         <button class=go name=decision value=allow>Allow</button></div></form>",
        html(id)
    );
    frame("Sign in", brand(provider), &inner)
}

pub(super) fn error(status: u16, code: &str, text: &str) -> String {
    let inner = format!(
        "<h1>Access blocked</h1><p>{}</p><p>Error {status}: <code>{}</code></p><p>Nothing was sent back to the app. You can close this page.</p>",
        html(text),
        html(code)
    );
    frame("Error", "Sign-in sandbox", &inner)
}
