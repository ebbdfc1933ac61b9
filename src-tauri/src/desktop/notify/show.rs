//! Handing a notification to the system and waiting for what the person does with it.

use super::{Button, Note};

/// What the person chose; None: the notification itself.
pub type Choice = Option<Button>;

#[cfg(target_os = "linux")]
fn id(button: Button) -> &'static str {
    match button {
        Button::Archive => "archive",
        Button::Reply => "reply",
        Button::Snooze => "snooze",
    }
}

/// Shows it; `chosen` runs if the person clicks it or one of its buttons. Returns at once.
pub fn show(note: Note, chosen: impl FnOnce(Choice) + Send + 'static) {
    // Asks the system over its own connection and then waits for the click, which may never come.
    std::thread::spawn(move || {
        let mut system = notify_rust::Notification::new();
        system.appname("Aurelius").summary(&note.title);
        #[cfg(target_os = "linux")]
        {
            let can = notify_rust::get_capabilities().unwrap_or_default();
            let can = |what: &str| can.iter().any(|c| c == what);
            system
                .body(&if can("body-markup") { escaped(&note.body) } else { note.body.clone() })
                .icon("aurelius")
                .hint(notify_rust::Hint::DesktopEntry("aurelius".into()))
                .hint(notify_rust::Hint::Category("email.arrived".into()))
                .action("default", "Open");
            if can("actions") {
                for (button, words) in &note.buttons {
                    system.action(id(*button), words);
                }
            }
        }
        #[cfg(not(target_os = "linux"))]
        system.body(&note.body);
        match system.show() {
            #[cfg(target_os = "linux")]
            Ok(shown) => shown.wait_for_action(|action| match note.buttons.iter().find(|(button, _)| id(*button) == action) {
                Some((button, _)) => chosen(Some(*button)),
                None if action == "default" => chosen(None),
                None => {}
            }),
            #[cfg(not(target_os = "linux"))]
            Ok(_) => drop(chosen),
            Err(e) => tracing::info!("no notification: {e}"),
        }
    });
}

/// Servers that know markup would read a sender's name as such.
#[cfg(target_os = "linux")]
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}
