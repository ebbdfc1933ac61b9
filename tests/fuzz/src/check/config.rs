//! `config.toml` of a home and the environment beside it.

pub fn check(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let half = text.len() / 2;
    let cut = (0..=half).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
    let (file, value) = text.split_at(cut);
    if let Err(e) = engine::fuzz::config(file, value) {
        assert!(!e.hint.is_empty() && !e.message.is_empty());
    }
}
