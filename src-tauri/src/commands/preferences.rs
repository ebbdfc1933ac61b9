//! Checking, resetting and taking away the window's settings.

use std::io::Write as _;

use crate::{
    commands::{activity::new_file, settings_save},
    dto::{ApiError, SavedFile, Settings, SettingsExportReq, SettingsImportReq, SettingsResetReq},
    state::Shell,
};

fn one_of(value: &mut String, allowed: &[&str], default: &str) {
    if !allowed.contains(&value.as_str()) {
        default.clone_into(value);
    }
}

fn clock(value: &mut String, default: &str) {
    let fits = value.split_once(':').is_some_and(|(h, m)| {
        h.len() == 2 && m.len() == 2 && h.parse::<u32>().is_ok_and(|h| h < 24) && m.parse::<u32>().is_ok_and(|m| m < 60)
    });
    if !fits {
        default.clone_into(value);
    }
}

/// Whatever the window sent, or an older or newer program left in the file: every field in its range.
pub fn sound(mut s: Settings) -> Settings {
    let d = Settings::default();
    s.undo_seconds = s.undo_seconds.min(30);
    s.list_width = s.list_width.clamp(280, 720);
    one_of(&mut s.theme, &["system", "light", "dark"], &d.theme);
    one_of(&mut s.density, &["compact", "default", "relaxed"], &d.density);
    s.font_scale = s.font_scale.clamp(90, 150);
    one_of(&mut s.contrast, &["system", "normal", "more"], &d.contrast);
    one_of(&mut s.reduced_motion, &["system", "on", "off"], &d.reduced_motion);
    if s.language.is_empty() || s.language.len() > 16 || !s.language.chars().all(|c| c.is_ascii_alphanumeric() || c == '-') {
        s.language.clone_from(&d.language);
    }
    one_of(&mut s.key_preset, &["gmail", "superhuman"], &d.key_preset);
    s.key_remaps.retain(|command, keys| command.len() <= 64 && keys.len() <= 64);
    one_of(&mut s.remote_images, &["ask", "always"], &d.remote_images);
    one_of(&mut s.after_archive, &["list", "newer", "older"], &d.after_archive);
    one_of(&mut s.notify, &["all", "important", "none"], &d.notify);
    s.quiet_hours = s.quiet_hours.filter(|(from, to)| *from < 1440 && *to < 1440);
    clock(&mut s.later_evening, &d.later_evening);
    clock(&mut s.later_morning, &d.later_morning);
    s.later_hours = s.later_hours.clamp(1, 12);
    s.week_start = s.week_start.filter(|d| *d < 7);
    s.work_days.retain(|d| *d < 7);
    s.work_days.sort_unstable();
    s.work_days.dedup();
    if s.work_days.is_empty() {
        s.work_days = d.work_days;
    }
    if s.work_hours.0 >= s.work_hours.1 || s.work_hours.1 > 1440 {
        s.work_hours = d.work_hours;
    }
    s.start_done.retain(|step| step.len() <= 32);
    s.start_done.truncate(16);
    s.notify_paused_until = s.notify_paused_until.filter(|t| t.0 > 0);
    s
}

/// Back to how it came; what the person went through (onboarding, getting started) stays.
fn reset(old: Settings, section: Option<&str>) -> Option<Settings> {
    let d = Settings::default();
    Some(match section {
        None => Settings { onboarding_done: old.onboarding_done, start_done: old.start_done, start_hidden: old.start_hidden, ..d },
        Some("appearance") => Settings {
            theme: d.theme,
            density: d.density,
            system_font: d.system_font,
            font_scale: d.font_scale,
            contrast: d.contrast,
            reduced_motion: d.reduced_motion,
            language: d.language,
            list_width: d.list_width,
            rail_collapsed: d.rail_collapsed,
            rail_more: d.rail_more,
            dark_mail: d.dark_mail,
            week_start: d.week_start,
            ..old
        },
        Some("mail") => Settings {
            undo_seconds: d.undo_seconds,
            remote_images: d.remote_images,
            after_archive: d.after_archive,
            plain_text: d.plain_text,
            later_evening: d.later_evening,
            later_morning: d.later_morning,
            later_hours: d.later_hours,
            ..old
        },
        Some("shortcuts") => Settings { single_keys: d.single_keys, key_preset: d.key_preset, key_remaps: d.key_remaps, ..old },
        Some("notifications") => Settings {
            notify: d.notify,
            notify_content: d.notify_content,
            quiet_hours: d.quiet_hours,
            notify_paused_until: d.notify_paused_until,
            ..old
        },
        Some("general") => {
            Settings { language: d.language, keep_running: d.keep_running, work_days: d.work_days, work_hours: d.work_hours, ..old }
        }
        Some("storage") => Settings { third_party_lookup: d.third_party_lookup, ..old },
        Some(_) => return None,
    })
}

pub async fn settings_reset(shell: &Shell, req: SettingsResetReq) -> Result<Settings, ApiError> {
    let fresh = reset(shell.settings(), req.section.as_deref()).ok_or_else(|| ApiError::bad_request("a section of the settings"))?;
    settings_save(shell, fresh).await
}

pub async fn settings_export(shell: &Shell, req: SettingsExportReq) -> Result<SavedFile, ApiError> {
    let (path, mut file) = new_file(req.path, "aurelius-settings.json")?;
    let json = serde_json::to_vec_pretty(&shell.settings()).map_err(|e| ApiError::bad_request(&e.to_string()))?;
    file.write_all(&json)
        .map_err(|e| ApiError::new("save_failed", format!("The file could not be written: {e}"), "Check that the disk has space."))?;
    Ok(SavedFile { path: path.display().to_string() })
}

/// Of this device and what the person went through on it: no file says anything about that.
const OWN: [&str; 4] = ["onboardingDone", "startDone", "startHidden", "notifyPausedUntil"];

/// The present settings with what the file says about them. What it does not know, or says in another form than this program, stays.
fn taken_from(json: &str, now: Settings) -> Option<Settings> {
    let serde_json::Value::Object(file) = serde_json::from_str(json).ok()? else { return None };
    let mut known = false;
    let mut settings = now;
    for (name, value) in file.into_iter().filter(|(name, _)| !OWN.contains(&name.as_str())) {
        let Ok(serde_json::Value::Object(mut all)) = serde_json::to_value(&settings) else { return None };
        if let Some(old) = all.get_mut(&name) {
            *old = value;
            if let Ok(fits) = serde_json::from_value(serde_json::Value::Object(all)) {
                (settings, known) = (fits, true);
            }
        }
    }
    known.then(|| sound(settings))
}

/// What a file of exported settings makes of the present ones. Nothing is saved: the window brings them into force and can take them back.
pub async fn settings_import(shell: &Shell, req: SettingsImportReq) -> Result<Settings, ApiError> {
    let fits = req.json.len() <= 256 << 10;
    fits.then(|| taken_from(&req.json, shell.settings())).flatten().ok_or_else(|| {
        ApiError::new(
            "settings_file",
            "This is not a file of exported settings.",
            "Choose a file that “Export settings” wrote. Nothing was changed.",
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nonsense_becomes_the_default_and_sense_stays() {
        let wild = Settings {
            font_scale: 900,
            contrast: "x".into(),
            later_evening: "25:00".into(),
            quiet_hours: Some((2000, 1)),
            work_days: vec![9],
            work_hours: (600, 600),
            start_done: vec!["x".repeat(900), "keys".into()],
            ..Settings::default()
        };
        let s = sound(wild);
        assert_eq!((s.font_scale, s.contrast.as_str(), s.later_evening.as_str(), s.quiet_hours), (150, "system", "18:00", None));
        assert_eq!(s.start_done, ["keys"]);
        assert_eq!((s.work_days, s.work_hours), (vec![1, 2, 3, 4, 5], (540, 1020)));
        let odd = sound(Settings { work_days: vec![6, 1, 9, 1], work_hours: (0, 1440), ..Settings::default() });
        assert_eq!((odd.work_days, odd.work_hours), (vec![1, 6], (0, 1440)));
        let chosen = Settings { later_morning: "07:30".into(), font_scale: 110, quiet_hours: Some((1320, 420)), ..Settings::default() };
        assert_eq!(sound(chosen.clone()), chosen);
    }

    #[test]
    fn a_file_changes_what_it_speaks_of_and_nothing_else() {
        let now = Settings { theme: "dark".into(), undo_seconds: 3, onboarding_done: true, ..Settings::default() };
        let there = Settings { font_scale: 120, key_preset: "superhuman".into(), start_hidden: true, ..Settings::default() };
        let all = taken_from(&serde_json::to_string(&there).unwrap_or_default(), now.clone()).unwrap_or_default();
        assert_eq!(all, Settings { onboarding_done: true, start_hidden: false, ..there }, "all of it, but what belongs to this device");
        // Of another version: a field more, one in another form, one out of range.
        let odd = r#"{"undoSeconds": "soon", "fontScale": 900, "later": [1], "density": "compact"}"#;
        let odd = taken_from(odd, now.clone()).unwrap_or_default();
        assert_eq!(odd, Settings { font_scale: 150, density: "compact".into(), ..now.clone() });
        for nothing in ["", "[]", "{}", "{\"other\": 1}", "{\"onboardingDone\": false}", "\u{feff}x"] {
            assert_eq!(taken_from(nothing, now.clone()), None, "{nothing}");
        }
    }

    #[test]
    fn a_reset_touches_its_section_only() {
        let old = Settings {
            theme: "dark".into(),
            undo_seconds: 3,
            onboarding_done: true,
            start_done: vec!["keys".into()],
            key_preset: "superhuman".into(),
            ..Settings::default()
        };
        let s = reset(old.clone(), Some("appearance")).unwrap_or_default();
        assert_eq!((s.theme.as_str(), s.undo_seconds, s.key_preset.as_str()), ("system", 3, "superhuman"));
        let all = reset(old.clone(), None).unwrap_or_default();
        assert_eq!(all, Settings { onboarding_done: true, start_done: vec!["keys".into()], ..Settings::default() });
        assert_eq!(reset(old, Some("nothing")), None);
    }
}
