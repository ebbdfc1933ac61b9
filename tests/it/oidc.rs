//! Signing mail in at an organisation: a strict OIDC provider with rotating single-use refresh tokens, and a real Dovecot that
//! asks it about every bearer token.

use std::{fs, sync::Arc};

use domain::{ids::ConnectionId, time::system_clock};
use sandbox::{OIDC_MARA, Provider, Sandbox, SandboxOptions};

use crate::{
    dovecot::{Dovecot, Mailbox},
    support::{Home, PASSPHRASE},
};

/// A Dovecot that accepts nothing but bearer tokens of this sandbox.
pub fn bearer_dovecot(sandbox: &Sandbox, messages: usize) -> Dovecot {
    let mut server = Dovecot::start(&[Mailbox::generate("INBOX", messages, 1_795_176_000)], "");
    let state = server.path().display().to_string();
    let extra = format!(
        "auth_mechanisms = xoauth2 oauthbearer\n\
         passdb {{\n driver = oauth2\n mechanisms = xoauth2 oauthbearer\n args = {state}/oauth2.conf.ext\n}}\n\
         userdb {{\n driver = static\n args = uid=mail gid=mail home={state}\n}}\n"
    );
    let introspection = format!("{}/introspect", sandbox.oidc_base());
    server.restart(&extra, |state| {
        fs::write(
            state.join("oauth2.conf.ext"),
            format!("introspection_mode = post\nintrospection_url = {introspection}\nusername_attribute = email\nactive_attribute = active\nactive_value = true\n"),
        )
        .unwrap();
    });
    server
}

pub fn connect_mail(home: &Home, server: &Dovecot) -> String {
    let imap = format!("127.0.0.1:{}", server.port);
    let connected = home.run(&[
        "connect",
        "imap",
        "--email",
        OIDC_MARA,
        "--username",
        OIDC_MARA,
        "--auth",
        "oidc",
        "--imap",
        &imap,
        "--imap-security",
        "none",
    ]);
    connected["id"].as_str().unwrap_or_else(|| panic!("no id in {connected}")).to_owned()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn sixty_four_callers_make_one_exchange_of_a_rotating_token() {
    let sandbox = Sandbox::start(SandboxOptions::default()).await.unwrap();
    sandbox.consent_as(Provider::Oidc, OIDC_MARA);
    let server = bearer_dovecot(&sandbox, 20);
    let home = Arc::new(Home::at(&sandbox));
    let mail = {
        let home = Arc::clone(&home);
        tokio::task::spawn_blocking(move || {
            home.sign_in(&["connect", "oidc", "--no-browser"]);
            let mail = connect_mail(&home, &server);
            home.run(&["sync", "--connection", &mail]);
            (mail, server)
        })
        .await
        .unwrap()
    };
    let (mail, _server) = mail;

    // The window: an engine in this process that holds the home and serves command lines.
    let key = vault::KeySource::Passphrase(PASSPHRASE.to_owned().into());
    // It works in the background, as a window does: its own rounds are among the callers.
    let engine = host::open_engine(&home.path(), key, system_clock(), true).await.unwrap();
    let _holder = host::serve(&engine).await.unwrap();

    let before = sandbox.counts(Provider::Oidc);
    sandbox.expire_access_tokens(Provider::Oidc);
    let id = ConnectionId::new(mail.clone());
    let mut callers = Vec::new();
    for n in 0..64 {
        let (engine, home, id, mail) = (engine.clone(), Arc::clone(&home), id.clone(), mail.clone());
        callers.push(tokio::spawn(async move {
            if n % 2 == 0 {
                let report = engine.sync_now(Some(&id)).await.unwrap();
                assert!(report.scopes.iter().all(|s| s.error.is_none()), "{report:?}");
            } else {
                tokio::task::spawn_blocking(move || home.run(&["sync", "--connection", &mail])).await.unwrap();
            }
        }));
    }
    for caller in callers {
        caller.await.unwrap();
    }
    let after = sandbox.counts(Provider::Oidc);
    println!("64 callers: {} refresh", after.refreshes - before.refreshes);
    assert_eq!(after.refreshes - before.refreshes, 1, "one exchange for 64 callers");
    assert_eq!(after.reuse_detected, before.reuse_detected, "no refresh token was used twice");
    engine.close().await;
}

#[test]
fn a_dead_grant_expires_the_connection_and_keeps_the_mail() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let sandbox = runtime.block_on(Sandbox::start(SandboxOptions::default())).unwrap();
    sandbox.consent_as(Provider::Oidc, OIDC_MARA);
    let server = bearer_dovecot(&sandbox, 5);
    let home = Home::at(&sandbox);
    home.sign_in(&["connect", "oidc", "--no-browser"]);
    let mail = connect_mail(&home, &server);
    home.run(&["sync"]);
    assert!(sandbox.kill_grants(Provider::Oidc, OIDC_MARA));
    let _ = home.try_run(&["sync", "--connection", &mail]);
    let list = home.run(&["connections"]);
    let states: Vec<&str> = list["items"].as_array().unwrap().iter().map(|c| c["status"].as_str().unwrap()).collect();
    assert!(states.contains(&"expired"), "{list}");
    assert_eq!(home.run(&["mail", "list"])["items"].as_array().unwrap().len(), 5, "the mail stays");
}
