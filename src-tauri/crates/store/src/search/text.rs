//! How words are cut, for the index and for queries alike.
//!
//! FTS5's unicode61 knows no word borders in Chinese, Japanese and Korean, and a trigram index finds no word of two
//! characters. So every run of such characters is written as overlapping pairs plus its last character (`東京都` → `東京 京都 都`):
//! a word of two or more is then a phrase of adjacent pairs, a single character a prefix. Compatibility forms (full-width
//! letters, half-width kana) are folded by NFKC first. Change nothing here without rebuilding the index: a contentless index
//! must be given the same words to forget them.

use std::borrow::Cow;

use unicode_normalization::{IsNormalized, UnicodeNormalization as _, is_nfkc_quick};

/// The six columns of the full-text index, cut.
pub(crate) struct Indexed<'a> {
    pub(crate) subject: Cow<'a, str>,
    pub(crate) sender: Cow<'a, str>,
    pub(crate) recipients: Cow<'a, str>,
    pub(crate) copied: Cow<'a, str>,
    pub(crate) files: Cow<'a, str>,
    pub(crate) body: Cow<'a, str>,
}

impl<'a> Indexed<'a> {
    pub(crate) fn new(subject: &'a str, sender: &'a str, recipients: &'a str, copied: &'a str, files: &'a str, body: &'a str) -> Self {
        Self {
            subject: cut(subject),
            sender: cut(sender),
            recipients: cut(recipients),
            copied: cut(copied),
            files: cut(files),
            body: cut(body),
        }
    }
}

/// Scripts written without spaces between words, or (Hangul) with endings glued to them.
pub fn is_cjk(c: char) -> bool {
    matches!(u32::from(c),
        0x3005..=0x3007 | 0x3040..=0x30FF | 0x31F0..=0x31FF | 0x3400..=0x4DBF | 0x4E00..=0x9FFF | 0xAC00..=0xD7A3
        | 0xF900..=0xFAFF | 0x1B000..=0x1B16F | 0x20000..=0x3FFFF)
}

fn normal(text: &str) -> Cow<'_, str> {
    if text.is_ascii() || is_nfkc_quick(text.chars()) == IsNormalized::Yes {
        Cow::Borrowed(text)
    } else {
        Cow::Owned(text.nfkc().collect())
    }
}

/// Text as the index sees it.
pub(crate) fn cut(text: &str) -> Cow<'_, str> {
    let text = normal(text);
    if text.is_ascii() || !text.chars().any(is_cjk) {
        return text;
    }
    let mut out = String::with_capacity(text.len() * 2);
    let mut last: Option<char> = None;
    for c in text.chars() {
        if is_cjk(c) {
            match last {
                Some(l) => {
                    out.push(l);
                    out.push(c);
                    out.push(' ');
                }
                None => out.push(' '),
            }
            last = Some(c);
        } else {
            if let Some(l) = last.take() {
                out.push(l);
                out.push(' ');
            }
            out.push(c);
        }
    }
    if let Some(l) = last {
        out.push(l);
    }
    Cow::Owned(out)
}

/// A word or phrase as an FTS5 string, or None where nothing in it can be searched for. `prefix`: the last word may go on.
pub(crate) fn phrase(text: &str, prefix: bool) -> Option<String> {
    let text = normal(text);
    let mut tokens: Vec<String> = Vec::new();
    let mut glued = prefix;
    let mut run: Vec<char> = Vec::new();
    let mut word = String::new();
    // Bytes of punctuation cut words exactly as unicode61 does: only letters, digits, marks and private use are kept.
    for c in text.chars().chain(std::iter::once(' ')) {
        if is_cjk(c) {
            push_word(&mut tokens, &mut word);
            run.push(c);
            continue;
        }
        if !run.is_empty() {
            // At the end of the query a single character may be the first or the last of a pair.
            glued = push_run(&mut tokens, &mut run);
        }
        if c == '"' || c.is_whitespace() || c.is_control() {
            push_word(&mut tokens, &mut word);
        } else {
            word.push(c);
            glued = prefix;
        }
    }
    if !tokens.iter().any(|t| t.chars().any(char::is_alphanumeric)) {
        return None;
    }
    Some(format!("\"{}\"{}", tokens.join(" "), if glued { " *" } else { "" }))
}

fn push_word(tokens: &mut Vec<String>, word: &mut String) {
    if !word.is_empty() {
        tokens.push(std::mem::take(word));
    }
}

/// Pairs of a run; a lone character stays alone and wants a prefix match. Returns whether it does.
fn push_run(tokens: &mut Vec<String>, run: &mut Vec<char>) -> bool {
    let lone = run.len() == 1;
    if lone {
        tokens.extend(run.first().map(char::to_string));
    } else {
        for pair in run.windows(2) {
            tokens.push(pair.iter().collect());
        }
    }
    run.clear();
    lone
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_become_pairs() {
        assert_eq!(cut("hello"), "hello");
        assert_eq!(cut("東京都 hi"), " 東京 京都 都  hi");
        assert_eq!(cut("iPhone手机"), "iPhone 手机 机");
        assert_eq!(cut("ＡＢＣ"), "ABC");
    }

    #[test]
    fn queries_become_phrases() {
        assert_eq!(phrase("hello", false).as_deref(), Some("\"hello\""));
        assert_eq!(phrase("hel", true).as_deref(), Some("\"hel\" *"));
        assert_eq!(phrase("東京", false).as_deref(), Some("\"東京\""));
        assert_eq!(phrase("東京都", false).as_deref(), Some("\"東京 京都\""));
        assert_eq!(phrase("東", false).as_deref(), Some("\"東\" *"));
        assert_eq!(phrase("a\"b OR c", false).as_deref(), Some("\"a b OR c\""));
        assert_eq!(phrase("!!!", false), None);
        assert_eq!(phrase("", true), None);
    }
}
