//! What a click on a notification does. Whatever changes mail goes the way that the window's own buttons go, with its undo and its audit.

use domain::{audit::Actor, ids::ThreadId, mail::MailboxRole};
use engine::{
    Engine, EngineError,
    views::{Action, Target},
};
use tauri::{AppHandle, Emitter as _};

use super::{About, Button, show::Choice};
use crate::{
    desktop::window,
    dto::{AppEvent, Ask},
    events::EVENT,
    state::Shell,
};

/// `engine` is that of the workspace which the notification is about: the sample may have been left since.
pub fn act(app: &AppHandle, shell: &Shell, engine: Option<Engine>, about: About, choice: Choice) {
    match (about, choice, engine) {
        (About::Thread { thread, .. }, Some(button @ (Button::Archive | Button::Snooze)), Some(engine)) => {
            let (app, shell) = (app.clone(), shell.clone());
            tauri::async_runtime::spawn(async move {
                if let Err(e) = put_away(&engine, &shell, ThreadId(thread.0), button).await {
                    // It stays where it was: the window says why.
                    window::show(&app);
                    let _ = app.emit(EVENT, AppEvent::Open { thread: Some(thread) });
                    shell.send(AppEvent::Attention { code: "notification".into(), words: format!("{} {}", e.message, e.hint) });
                }
            });
        }
        (About::Thread { thread, message }, Some(Button::Reply), _) => {
            window::show(app);
            let _ = app.emit(EVENT, AppEvent::Open { thread: Some(thread) });
            shell.ask(Ask::Reply { thread, message });
        }
        (About::Thread { thread, .. }, _, _) => {
            window::show(app);
            let _ = app.emit(EVENT, AppEvent::Open { thread: Some(thread) });
        }
        (About::Inbox, ..) => {
            window::show(app);
            let _ = app.emit(EVENT, AppEvent::Open { thread: None });
        }
        (About::Outbox, ..) => go(app, shell, "outbox"),
        (About::Integrations, ..) => go(app, shell, "integrations"),
    }
}

fn go(app: &AppHandle, shell: &Shell, to: &str) {
    window::show(app);
    shell.ask(Ask::Go { to: to.to_owned() });
}

async fn put_away(engine: &Engine, shell: &Shell, thread: ThreadId, button: Button) -> Result<(), EngineError> {
    if button == Button::Snooze {
        let until = engine.now().plus_secs(i64::from(shell.settings().later_hours) * 3600);
        engine.snooze(&[thread], Some(until), Actor::Person).await?;
    } else {
        let target = Target::Threads { ids: vec![thread], mailbox: None, role: Some(MailboxRole::Inbox) };
        engine.perform(Action::Archive, target, Actor::Person, false).await?;
    }
    Ok(())
}
