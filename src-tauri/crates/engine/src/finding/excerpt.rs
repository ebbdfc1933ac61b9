//! The piece of a mail's text that shows why it was found.

use domain::search::{Query, Term};
use store::is_cjk;
use unicode_normalization::{UnicodeNormalization as _, char::is_combining_mark};

/// Characters of an excerpt.
const WIDTH: usize = 180;
/// Characters before the first word found: few, so that it is in sight in a narrow list.
const LEAD: usize = 18;
/// Characters of a text that are looked at: an excerpt from further down tells nobody anything about the mail.
const MOST: usize = 200_000;

/// One thing looked for: words side by side.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Wanted {
    words: Vec<Vec<char>>,
    /// The last word may go on.
    open: bool,
}

/// What a query looks for in the text of a mail; nothing that it excludes or asks of another column.
pub(super) fn wanted(query: &Query) -> Vec<Wanted> {
    fn walk(query: &Query, out: &mut Vec<Wanted>) {
        let (text, open) = match query {
            Query::All(parts) | Query::Any(parts) => return parts.iter().for_each(|p| walk(p, out)),
            Query::Term(Term::Word { text, prefix }) => (text, *prefix),
            Query::Term(Term::Phrase(text)) => (text, false),
            Query::Not(_) | Query::Term(_) => return,
        };
        let folded: Vec<char> = text.chars().flat_map(fold).collect();
        let words: Vec<Vec<char>> = folded.split(|c| !c.is_alphanumeric()).filter(|word| !word.is_empty()).map(<[char]>::to_vec).collect();
        if !words.is_empty() {
            out.push(Wanted { words, open });
        }
    }
    let mut out = Vec::new();
    walk(query, &mut out);
    out
}

/// As the index compares: without case, marks and compatibility forms.
fn fold(c: char) -> impl Iterator<Item = char> {
    let plain = c.is_ascii().then(|| c.to_ascii_lowercase());
    let other = (!c.is_ascii()).then(|| std::iter::once(c).nfkd().filter(|d| !is_combining_mark(*d)).flat_map(char::to_lowercase));
    plain.into_iter().chain(other.into_iter().flatten())
}

/// A text made for comparing, each of its characters with the place of the one it was made of.
struct Folded {
    chars: Vec<char>,
    /// Index into the characters of the text.
    from: Vec<usize>,
}

impl Folded {
    fn of(text: &[char]) -> Self {
        let (mut chars, mut from) = (Vec::with_capacity(text.len()), Vec::with_capacity(text.len()));
        for (at, c) in text.iter().enumerate() {
            for folded in fold(*c) {
                chars.push(folded);
                from.push(at);
            }
        }
        Self { chars, from }
    }

    fn letter(&self, at: usize) -> bool {
        self.chars.get(at).is_some_and(|c| c.is_alphanumeric())
    }

    /// Whether a word can end before `at` or begin there.
    fn border(&self, at: usize) -> bool {
        let beside = |i: usize| self.chars.get(i).is_some_and(|c| is_cjk(*c));
        at == 0 || !self.letter(at) || !self.letter(at - 1) || beside(at) || beside(at - 1)
    }

    /// Where what is wanted ends, if it begins at `at`.
    fn end(&self, wanted: &Wanted, at: usize) -> Option<usize> {
        if !self.border(at) {
            return None;
        }
        let mut here = at;
        for (n, word) in wanted.words.iter().enumerate() {
            if n > 0 {
                let gap = self.chars.get(here..)?.iter().take_while(|c| !c.is_alphanumeric()).count();
                if gap == 0 {
                    return None;
                }
                here += gap;
            }
            here = here.checked_add(word.len()).filter(|end| self.chars.get(here..*end) == Some(word.as_slice()))?;
            let goes_on = wanted.open && n + 1 == wanted.words.len();
            if !goes_on && !self.border(here) {
                return None;
            }
        }
        Some(here)
    }

    /// (place in the text, which of `wanted`), in the order of the text.
    fn found(&self, wanted: &[Wanted]) -> Vec<(usize, usize)> {
        let mut found = Vec::new();
        for at in (0..self.chars.len()).filter(|at| self.letter(*at)) {
            for (which, one) in wanted.iter().enumerate() {
                // The first character decides almost always.
                if one.words.first().and_then(|w| w.first()) == self.chars.get(at) && self.end(one, at).is_some() {
                    found.extend(self.from.get(at).map(|place| (*place, which)));
                }
            }
        }
        found
    }
}

/// The first part of a text that holds most of what is wanted, on one line, with `…` where it was cut; None where the text holds none
/// of it (the subject or a name was what matched).
pub(super) fn excerpt(text: &str, wanted: &[Wanted]) -> Option<String> {
    if wanted.is_empty() {
        return None;
    }
    let mut line: Vec<char> = Vec::new();
    for c in text.chars().take(MOST) {
        match c {
            c if c.is_whitespace() || c.is_control() => {
                if line.last().is_some_and(|l| *l != ' ') {
                    line.push(' ');
                }
            }
            c => line.push(c),
        }
    }
    let found = Folded::of(&line).found(wanted);
    let mut best: Option<(usize, usize)> = None;
    for (n, (start, _)) in found.iter().enumerate() {
        let inside = found.get(n..)?.iter().take_while(|(at, _)| *at < start + WIDTH - LEAD);
        let kinds = inside.map(|(_, which)| *which).collect::<std::collections::BTreeSet<_>>().len();
        if best.is_none_or(|(most, _)| kinds > most) {
            best = Some((kinds, *start));
        }
        if kinds == wanted.len() {
            break;
        }
    }
    let (_, hit) = best?;
    // From a word's beginning, unless one is longer than the lead.
    let early = hit.saturating_sub(LEAD);
    let start = if early == 0 { 0 } else { (early..hit).find(|at| line.get(at - 1) == Some(&' ')).unwrap_or(hit) };
    let end = (start + WIDTH).min(line.len());
    let piece: String = line.get(start..end)?.iter().collect();
    let (before, after) = (if start > 0 { "… " } else { "" }, if end < line.len() { "…" } else { "" });
    Some(format!("{before}{}{after}", piece.trim()))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use domain::{
        search::{parse, parse_typing},
        time::{Timestamp, Zone},
    };

    use super::*;

    fn of(query: &str, text: &str) -> Option<String> {
        let query = parse(query, Timestamp::from_secs(0), &Zone::fixed(0)).unwrap();
        excerpt(text, &wanted(&query))
    }

    #[test]
    fn shows_the_place_that_holds_most_of_the_words() {
        let filler = "lorem ipsum dolor sit amet ".repeat(20);
        let text = format!("The budget is late.\n\n{filler}\nWe review  the budget\ton Friday. {filler}");
        let found = of("budget review", &text).unwrap();
        assert!(found.starts_with("… ") && found.ends_with('…'), "{found}");
        assert!(found.contains("We review the budget on Friday."), "{found}");
        assert!(found.chars().count() <= WIDTH + 4, "{found}");
        assert!(of("budget", &text).unwrap().starts_with("The budget is late. lorem"));
    }

    #[test]
    fn compares_as_the_index_does() {
        assert_eq!(of("grusse", "Viele GRÜSSE aus Köln").as_deref(), Some("Viele GRÜSSE aus Köln"));
        assert_eq!(of("müller", "Herr Muller").as_deref(), Some("Herr Muller"));
        assert_eq!(of("\"budget review\"", "the budget-review"), Some("the budget-review".into()));
        assert_eq!(of("\"budget review\"", "budget of the review"), None);
        assert_eq!(of("会議", "明日の会議は三時です"), Some("明日の会議は三時です".into()));
        assert_eq!(of("meet", "a meeting"), None, "a whole word");
        assert_eq!(of("meet*", "a meeting"), Some("a meeting".into()));
        assert_eq!(of("ting", "a meeting"), None);
        let typing = parse_typing("meet", Timestamp::from_secs(0), &Zone::fixed(0)).unwrap();
        assert!(excerpt("a meeting", &wanted(&typing)).is_some());
    }

    #[test]
    fn nothing_of_other_columns_or_of_what_is_excluded() {
        assert_eq!(of("from:anna -secret", "secret of anna"), None);
        assert_eq!(of("subject:plan", "the plan"), None);
        assert_eq!(of("plan OR budget", "the budget"), Some("the budget".into()));
        assert_eq!(of("plan", ""), None);
    }

    #[test]
    fn a_long_text_without_spaces_is_cut_at_the_word() {
        let text = format!("{}needle{}", "会".repeat(5_000), "x".repeat(50));
        assert!(of("needle*", &text).unwrap().starts_with("… needlexxx"));
        assert!(of("会", &text).unwrap().starts_with('会'));
    }
}
