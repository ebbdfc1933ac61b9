//! Where the answer ends and the quoted history begins, in plain text.
//!
//! Folding is a courtesy, so it errs on the side of showing: only a quotation that runs to the end of the mail is folded,
//! never one with an answer below it.

/// A text in two halves; together they are the text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Folded {
    pub visible: String,
    /// Attribution line and quotation; empty where there is none.
    pub quoted: String,
}

/// Headers that Outlook repeats above a quoted mail, in the languages that its users write most.
const OUTLOOK: [&str; 12] = ["from:", "von:", "de :", "de:", "da:", "van:", "från:", "fra:", "od:", "lähettäjä:", "发件人:", "差出人:"];
const DIVIDERS: [&str; 8] = [
    "-----original message-----",
    "-----ursprüngliche nachricht-----",
    "-----message d'origine-----",
    "-----mensaje original-----",
    "-----messaggio originale-----",
    "---------- forwarded message",
    "________________________________",
    "begin forwarded message:",
];

/// Splits at the first line from which on everything is history.
pub fn fold(text: &str) -> Folded {
    let lines: Vec<&str> = text.split('\n').collect();
    let cut = divider(&lines).or_else(|| trailing_quote(&lines));
    match cut {
        // A mail that is nothing but a quotation is shown.
        Some(cut) if lines.iter().take(cut).any(|l| !l.trim().is_empty()) => {
            let (visible, quoted) = lines.split_at(cut);
            Folded { visible: visible.join("\n").trim_end().to_owned(), quoted: quoted.join("\n").trim_end().to_owned() }
        }
        _ => Folded { visible: text.trim_end().to_owned(), quoted: String::new() },
    }
}

fn divider(lines: &[&str]) -> Option<usize> {
    lines.iter().enumerate().position(|(i, line)| {
        let first = line.trim_start().chars().next();
        // Most lines begin with neither: every mail that is synced comes through here, line by line.
        if matches!(first, Some('-' | '_' | 'b' | 'B')) && DIVIDERS.iter().any(|d| starts_without_blanks(line, d)) {
            return first != Some('_') || lines.iter().skip(i + 1).take(2).any(|l| starts_outlook_block(l));
        }
        // From / Sent / To / Subject without a divider: three header-like lines in a row.
        starts_outlook_block(line) && lines.iter().skip(i + 1).take(3).filter(|l| header_like(l)).count() >= 2
    })
}

/// Whether `line` begins with `wanted` (lower case), whatever the case and the blanks.
fn starts_without_blanks(line: &str, wanted: &str) -> bool {
    let mut line = line.chars().filter(|c| !c.is_whitespace()).flat_map(char::to_lowercase);
    wanted.chars().filter(|c| *c != ' ').all(|w| line.next() == Some(w))
}

fn starts_outlook_block(line: &str) -> bool {
    let line = line.trim().trim_start_matches('*');
    OUTLOOK.iter().any(|h| {
        let mut low = line.chars().flat_map(char::to_lowercase);
        h.chars().all(|w| low.next() == Some(w))
    })
}

fn header_like(line: &str) -> bool {
    line.trim()
        .trim_start_matches('*')
        .split_once(':')
        .is_some_and(|(name, value)| !name.is_empty() && name.chars().count() <= 16 && !name.contains("//") && !value.trim().is_empty())
}

/// The last run of `>` lines, if only blank lines follow it, with the attribution above.
fn trailing_quote(lines: &[&str]) -> Option<usize> {
    let last = lines.iter().rposition(|l| !l.trim().is_empty())?;
    if !lines.get(last)?.trim_start().starts_with('>') {
        return None;
    }
    let mut start = last;
    while start > 0 {
        let above = lines.get(start - 1)?.trim();
        if !(above.is_empty() || above.starts_with('>')) {
            break;
        }
        start -= 1;
    }
    while lines.get(start).is_some_and(|l| l.trim().is_empty()) {
        start += 1;
    }
    // "On Tue, Ada wrote:", possibly broken over two or three lines.
    let mut above = start;
    while above > 0 && lines.get(above - 1).is_some_and(|l| l.trim().is_empty()) {
        above -= 1;
    }
    for n in 1..=3 {
        let Some(from) = above.checked_sub(n) else { break };
        let text = lines.get(from..above)?.join(" ");
        if lines.get(from).is_some_and(|l| l.trim().is_empty()) {
            break;
        }
        if is_attribution(&text) {
            return Some(from);
        }
    }
    Some(start)
}

fn is_attribution(text: &str) -> bool {
    let text = text.trim();
    let ends = text.ends_with(':') || text.ends_with('：');
    ends && text.chars().count() < 300 && (text.chars().any(|c| c.is_ascii_digit()) || text.contains('@'))
}
