//! The few words that are said where no page is: notifications and the tray.

/// Whether they are German: by the setting, or by the system's language where that is asked for.
pub fn german(language: &str) -> bool {
    let system = || ["LC_ALL", "LC_MESSAGES", "LANG"].iter().find_map(|v| std::env::var(v).ok().filter(|s| !s.is_empty()));
    match language {
        "system" => system().is_some_and(|l| l.starts_with("de")),
        other => other == "de",
    }
}
